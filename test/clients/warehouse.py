"""A warehouse as a Python program builds it: schema, COPY from S3 in Parquet, what the load tables
say, a materialized view, and analyses.  Each step commits.

    python3 warehouse.py HOST PORT USER PASSWORD BUCKET_PREFIX ROLE_ARN

Prints what it finds, a line each, and ends with another status than 0 at the first error.
"""
import sys

import psycopg2

host, port, user, password, prefix, role = sys.argv[1:]
connection = psycopg2.connect(host=host, port=port, user=user, password=password, database='postgres')
cursor = connection.cursor()

for statement in [
    'CREATE SCHEMA IF NOT EXISTS sales;',
    """CREATE TABLE IF NOT EXISTS sales.customer (
           customer_id INTEGER PRIMARY KEY, name VARCHAR(255), segment VARCHAR(50), registered DATE
       ) DISTSTYLE KEY DISTKEY(customer_id);""",
    """CREATE TABLE IF NOT EXISTS sales.calendar (
           date_id INTEGER PRIMARY KEY, full_date DATE, year INTEGER, month INTEGER, is_weekend BOOLEAN
       ) DISTSTYLE ALL;""",
    """CREATE TABLE IF NOT EXISTS sales.fact (
           sale_id BIGINT IDENTITY(1,1) PRIMARY KEY, customer_id INTEGER, date_id INTEGER, quantity INTEGER,
           unit_price DECIMAL(10,2), total DECIMAL(12,2), created_at TIMESTAMP DEFAULT GETDATE()
       )
       DISTSTYLE KEY
       DISTKEY(customer_id)
       SORTKEY(date_id, created_at);""",
    # Twice, as a program does that is run again.
    'CREATE TABLE IF NOT EXISTS sales.calendar (date_id INTEGER PRIMARY KEY) DISTSTYLE ALL;',
]:
    cursor.execute(statement)
connection.commit()

for table in ['customer', 'calendar', 'fact']:
    cursor.execute(f"""
        COPY sales.{table}
        FROM '{prefix}{table}/'
        IAM_ROLE '{role}'
        FORMAT AS PARQUET
        COMPUPDATE ON
        STATUPDATE ON;
    """)
    connection.commit()
    cursor.execute("""
        SELECT filename, lines_scanned, lines_skipped, load_time FROM stl_load_commits
        WHERE query = pg_last_copy_id() ORDER BY starttime DESC;
    """)
    files = cursor.fetchall()
    assert all(seconds >= 0 for _, _, _, seconds in files)
    print(table, sum(lines for _, lines, _, _ in files), sum(skipped for _, _, skipped, _ in files))

cursor.execute("""
    CREATE MATERIALIZED VIEW sales.monthly AS
    SELECT c.year, c.month, COUNT(*) AS sales, SUM(f.quantity) AS quantity, SUM(f.total) AS revenue,
           AVG(f.total) AS average, COUNT(DISTINCT f.customer_id) AS customers
    FROM sales.fact f JOIN sales.calendar c ON f.date_id = c.date_id
    GROUP BY 1, 2;
""")
connection.commit()
cursor.execute('SELECT year, month, sales, revenue, customers FROM sales.monthly ORDER BY 1, 2')
for row in cursor.fetchall():
    print('month', *row)

cursor.execute("""
    SELECT c.year, c.month, SUM(f.total) AS revenue,
           LAG(SUM(f.total)) OVER (ORDER BY c.year, c.month) AS before,
           (SUM(f.total) - LAG(SUM(f.total)) OVER (ORDER BY c.year, c.month)) /
           LAG(SUM(f.total)) OVER (ORDER BY c.year, c.month) * 100 AS growth
    FROM sales.fact f JOIN sales.calendar c ON f.date_id = c.date_id
    WHERE c.full_date >= CURRENT_DATE - INTERVAL '12 months'
    GROUP BY 1, 2 ORDER BY 1, 2;
""")
print('trend', len(cursor.fetchall()))

cursor.execute("""
    WITH metrics AS (
        SELECT f.customer_id, COUNT(*) AS sales, SUM(f.total) AS spent, MAX(c.full_date) AS last_date,
               DATEDIFF(day, MAX(c.full_date), CURRENT_DATE) AS days_since
        FROM sales.fact f JOIN sales.calendar c ON f.date_id = c.date_id GROUP BY 1)
    SELECT CASE WHEN spent >= 1000 AND days_since <= 30 THEN 'large, active'
                WHEN spent >= 1000 THEN 'large' ELSE 'small' END AS segment,
           COUNT(*) AS customers, AVG(spent) AS average, AVG(sales) AS sales
    FROM metrics GROUP BY 1 ORDER BY 3 DESC;
""")
for segment, customers, _, _ in cursor.fetchall():
    print('segment', segment, customers)

# A value that is no row of the table
cursor.execute('SELECT sale_id, created_at IS NOT NULL FROM sales.fact WHERE customer_id = %s ORDER BY 1 LIMIT 1', (7,))
print('first', *cursor.fetchone())
connection.close()
