// The peer.  Two threads, as the server has two workers.
//
// node duckdb.js DATABASE load SCHEMA.sql FILE.tbl...
//     Create the tables, load each from the file of its name; print the database's
//     size in bytes and the seconds that loading took.
// node duckdb.js DATABASE query RUNS QUERY.sql ANSWER
//     Write the query's answer, | between fields; print the median of the
//     milliseconds that RUNS more executions took.
//
// node duckdb.js DATABASE time RUNS BEFORE STATEMENT...
//     Print the median of the seconds that the statements take, of RUNS times; before
//     each time, BEFORE is executed.
const { DuckDBInstance } = require('@duckdb/node-api');
const fs = require('fs');
const path = require('path');

async function seconds(work) {
	const start = process.hrtime.bigint();
	await work();
	return Number(process.hrtime.bigint() - start) / 1e9;
}

async function load(connection, database, schema, ...files) {
	await connection.run(fs.readFileSync(schema, 'utf8'));
	const taken = await seconds(async () => {
		for (const file of files)
			await connection.run(`COPY ${path.basename(file, '.tbl')} FROM '${file}'
				(DELIMITER '|', HEADER false, QUOTE '', ESCAPE '')`);
		await connection.run('CHECKPOINT');
	});
	console.log(fs.statSync(database).size, taken.toFixed(2));
}

async function query(connection, database, runs, file, answer) {
	const text = fs.readFileSync(file, 'utf8');
	const rows = (await connection.runAndReadAll(text)).getRows();
	fs.writeFileSync(answer, rows.map((row) => row.map((v) => v ?? '').join('|') + '\n').join(''));
	const times = [];
	for (let i = 0; i < Number(runs); i++)
		times.push(await seconds(() => connection.run(text)));
	times.sort((a, b) => a - b);
	console.log((times[times.length >> 1] * 1000).toFixed(3));
}

async function time(connection, database, runs, before, ...statements) {
	const times = [];
	for (let i = 0; i < Number(runs); i++) {
		await connection.run(before);
		times.push(await seconds(async () => {
			for (const statement of statements)
				await connection.run(statement);
		}));
	}
	times.sort((a, b) => a - b);
	console.log(times[times.length >> 1].toFixed(2));
}

(async () => {
	const [database, action, ...rest] = process.argv.slice(2);
	const connection = await (await DuckDBInstance.create(database, { threads: '2' })).connect();
	await { load, query, time }[action](connection, database, ...rest);
})();
