// What a program of Node's pg sees: rows of the tables of tables.sql, named statements, a cursor's
// worth of rows, errors with positions, and many queries on one connection at once.
//
//   node node.js HOST PORT USER PASSWORD
'use strict';

const { Client } = require('pg');

async function main() {
	const [host, port, user, password] = process.argv.slice(2);
	const client = new Client({ host, port: Number(port), user, password, database: 'postgres' });
	await client.connect();

	const top = await client.query('SELECT TOP 2 item, total FROM shop.orders ORDER BY total DESC');
	console.log('fields', top.fields.map(field => field.name).join(' '));
	for (const row of top.rows) console.log('row', row.item, row.total);

	for (let i = 0; i < 3; i++) {
		const named = await client.query({ name: 'later', text: 'SELECT DATEDIFF(day, day, $1::date) AS days FROM shop.orders WHERE id = $2',
			values: ['2024-04-01', 1] });
		if (i === 2) console.log('days', named.rows[0].days);
	}
	const shown = await client.query('SHOW TABLES FROM SCHEMA shop LIKE $1', ['ord%']);
	console.log('shown', shown.rows.map(row => row.table_name).join(' '));

	const many = await Promise.all(Array.from({ length: 50 }, (_, i) => client.query('SELECT NVL($1::int, 0) AS n', [i])));
	console.log('many', many.reduce((sum, result) => sum + result.rows[0].n, 0));

	const results = await client.query("SELECT LEN('three') AS n; SELECT GETDATE() IS NOT NULL AS now; SELECT 1 AS one MINUS SELECT 2");
	console.log('statements', results.map(result => result.rowCount).join(' '));

	await client.query('SELECT TOP 1 nothing FROM shop.orders').catch(error => console.log('error', error.code, error.position));
	await client.query('SELECT 1 FROM (SELECT TOP 1 id FROM shop.orders) WHERE').catch(error => console.log('error', error.code, error.position));
	await client.end();
}

main().catch(error => { console.error(error); process.exit(1); });
