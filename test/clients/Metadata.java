// What a program that knows JDBC only sees of the tables of tables.sql: metadata, prepared
// statements in text and binary, batches, cursors, generated errors.
//
//   java -cp postgresql.jar Metadata.java URL USER PASSWORD
//
// Prints what it finds, a line each.
import java.math.BigDecimal;
import java.sql.*;

public class Metadata {
	static void print(Object... values) {
		StringBuilder line = new StringBuilder();
		for (Object value : values) line.append(line.length() > 0 ? " " : "").append(value);
		System.out.println(line);
	}

	public static void main(String[] arguments) throws SQLException {
		try (Connection connection = DriverManager.getConnection(arguments[0], arguments[1], arguments[2])) {
			metadata(connection);
			queries(connection);
			batches(connection);
			cursors(connection);
			errors(connection);
		}
	}

	static void metadata(Connection connection) throws SQLException {
		DatabaseMetaData meta = connection.getMetaData();
		print("server", meta.getDatabaseProductVersion());
		try (ResultSet r = meta.getTables(null, "shop", "ord%", new String[] {"TABLE"})) {
			while (r.next()) print("table", r.getString("TABLE_NAME"), r.getString("TABLE_TYPE"));
		}
		try (ResultSet r = meta.getColumns(null, "shop", "orders", "%")) {
			while (r.next()) print("column", r.getString("COLUMN_NAME"), r.getString("TYPE_NAME"), r.getInt("COLUMN_SIZE"));
		}
		try (ResultSet r = meta.getPrimaryKeys(null, "shop", "lines")) {
			while (r.next()) print("primary", r.getString("COLUMN_NAME"), r.getInt("KEY_SEQ"), r.getString("PK_NAME"));
		}
		try (ResultSet r = meta.getIndexInfo(null, "shop", "lines", true, true)) {
			while (r.next())
				print("index", r.getString("INDEX_NAME"), r.getBoolean("NON_UNIQUE"), r.getInt("ORDINAL_POSITION"), r.getString("COLUMN_NAME"));
		}
		try (ResultSet r = meta.getImportedKeys(null, "shop", "lines")) {
			while (r.next()) printForeign("imported", r);
		}
		try (ResultSet r = meta.getExportedKeys(null, "shop", "orders")) {
			while (r.next()) printForeign("exported", r);
		}
		try (ResultSet r = meta.getBestRowIdentifier(null, "shop", "lines", DatabaseMetaData.bestRowSession, true)) {
			while (r.next()) print("best", r.getString("COLUMN_NAME"));
		}
	}

	static void printForeign(String kind, ResultSet r) throws SQLException {
		print(kind, r.getString("FKTABLE_NAME"), r.getString("FKCOLUMN_NAME"), r.getString("PKTABLE_NAME"), r.getString("PKCOLUMN_NAME"),
			r.getInt("KEY_SEQ"), r.getString("FK_NAME"), r.getString("PK_NAME"));
	}

	static void queries(Connection connection) throws SQLException {
		try (PreparedStatement query = connection.prepareStatement(
				"SELECT TOP 2 item, total, DATEADD(day, ?, day) AS later, NVL(?, 'none') AS word FROM shop.orders WHERE total > ? ORDER BY total DESC")) {
			// More often than the driver's threshold, from which on statements are named and results binary
			for (int i = 0; i < 8; i++) {
				query.setInt(1, 7);
				query.setString(2, null);
				query.setBigDecimal(3, new BigDecimal("50"));
				try (ResultSet r = query.executeQuery()) {
					while (r.next() && i == 7)
						print("row", r.getString(1), r.getBigDecimal(2), r.getTimestamp(3), r.getString(4));
				}
			}
		}
		try (PreparedStatement show = connection.prepareStatement("SHOW COLUMNS FROM TABLE postgres.shop.orders LIKE ?")) {
			show.setString(1, "t%");
			try (ResultSet r = show.executeQuery()) {
				while (r.next()) print("shown", r.getString("column_name"), r.getString("data_type"));
			}
		}
	}

	static void batches(Connection connection) throws SQLException {
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement();
				PreparedStatement insert = connection.prepareStatement("INSERT INTO #numbers VALUES (?, ?)")) {
			statement.execute("CREATE TABLE #numbers (n int, words varchar(max)) DISTSTYLE EVEN");
			for (int i = 0; i < 1000; i++) {
				insert.setInt(1, i);
				insert.setString(2, "number " + i);
				insert.addBatch();
			}
			print("batch", insert.executeBatch().length);
			try (ResultSet r = statement.executeQuery("SELECT count(*), sum(n), max(len(words)) FROM #numbers")) {
				r.next();
				print("numbers", r.getLong(1), r.getLong(2), r.getInt(3));
			}
		}
		connection.rollback();
	}

	static void cursors(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.setFetchSize(100);
			try (ResultSet r = statement.executeQuery("SELECT a.id FROM shop.orders a, generate_series(1, 1000) b")) {
				int rows = 0;
				while (r.next()) rows++;
				print("fetched", rows);
			}
		}
		connection.commit();
		connection.setAutoCommit(true);
	}

	static void errors(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SELECT TOP 1 nothing FROM shop.orders");
		} catch (SQLException e) {
			print("error", e.getSQLState(), ((org.postgresql.util.PSQLException) e).getServerErrorMessage().getPosition());
		}
	}
}
