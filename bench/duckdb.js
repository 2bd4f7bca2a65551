// Load lineitem into a DuckDB file and print its size in bytes and seconds taken.
// usage: node duckdb.js FILE.csv DATABASE
const { DuckDBInstance } = require('@duckdb/node-api');
const fs = require('fs');
(async () => {
	const [csv, file] = process.argv.slice(2);
	const connection = await (await DuckDBInstance.create(file)).connect();
	const names = 'orderkey partkey suppkey linenumber quantity extendedprice discount tax returnflag linestatus ' +
		'shipdate commitdate receiptdate shipinstruct shipmode comment';
	const types = 'BIGINT BIGINT BIGINT INT DECIMAL(15,2) DECIMAL(15,2) DECIMAL(15,2) DECIMAL(15,2) VARCHAR VARCHAR ' +
		'DATE DATE DATE VARCHAR VARCHAR VARCHAR';
	const list = types.split(' ');
	await connection.run('CREATE TABLE lineitem (' + names.split(' ').map((n, i) => `l_${n} ${list[i]}`).join(', ') + ')');
	const start = process.hrtime.bigint();
	await connection.run(`COPY lineitem FROM '${csv}' (DELIMITER '|', HEADER false)`);
	await connection.run('CHECKPOINT');
	const seconds = Number(process.hrtime.bigint() - start) / 1e9;
	console.log(fs.statSync(file).size, seconds.toFixed(2));
})();
