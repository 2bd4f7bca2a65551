// Are two answers the same rows, in any order?  Numbers may differ by 1e-9 of
// themselves: DuckDB averages in floating point.  Padding, quotes and the number of
// decimals don't count.  Exit code 1 and the first difference if not.
// usage: node compare.js FILE FILE
const fs = require('fs');

const number = (field) => (/^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$/.test(field) ? Number(field) : null);

// Rows with a key in front to sort by, in which close numbers are the same.
function rows(file) {
	return fs.readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => {
		const fields = line.split('|').map((field) => field.trim().replace(/^"(.*)"$/, '$1').trim());
		return { line, fields, key: fields.map((f) => number(f)?.toPrecision(6) ?? f).join('|') };
	}).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function same(a, b) {
	const [x, y] = [number(a), number(b)];
	return a === b || (x !== null && y !== null && Math.abs(x - y) <= 1e-9 * Math.abs(y));
}

const [left, right] = process.argv.slice(2).map(rows);
for (let i = 0; i < Math.max(left.length, right.length); i++) {
	const [a, b] = [left[i], right[i]];
	if (a && b && a.fields.length === b.fields.length && a.fields.every((f, j) => same(f, b.fields[j])))
		continue;
	console.log(`  ${left.length} and ${right.length} rows; ${a ? a.line : 'nothing'} <> ${b ? b.line : 'nothing'}`);
	process.exit(1);
}
