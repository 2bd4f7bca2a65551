// What other readers find in Parquet files.
//
// node read_parquet.mjs REQUESTS
//     A file of JSON: [{name, query, out}] have DuckDB write the rows of a query to the file `out`, values
//     between tabs and \N for NULL; [{name, file, columns, out}] have hyparquet do so for some columns of a file.
import fs from 'fs';
import path from 'path';
import { createRequire } from 'module';
import { pathToFileURL } from 'url';

const modules = process.env.NODE_PATH;
const { DuckDBInstance } = createRequire(path.join(modules, 'x.js'))('@duckdb/node-api');
const { asyncBufferFromFile, parquetReadObjects } =
	await import(pathToFileURL(path.join(modules, 'hyparquet/src/node.js')));

const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
await duckdb.run("SET TimeZone = 'UTC'");

for (const { name, query, file, columns, out } of JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))) {
	let rows;
	try {
		if (query !== undefined)
			rows = (await duckdb.runAndReadAll(query)).getRows();
		else
			rows = (await parquetReadObjects({ file: await asyncBufferFromFile(file), columns, utf8: true }))
				.map((row) => columns.map((column) => row[column]));
	} catch (error) {
		rows = [[`${name}: ${error.message}`]];
	}
	fs.writeFileSync(out, rows.map((row) => row.map((value) => value ?? '\\N').join('\t') + '\n').join(''));
}
