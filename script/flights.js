// Flights of vega-datasets (a folder of JSON files) as CSV on standard output:
// hour of departure, delay in minutes, distance in miles.
const fs = require('fs');
const flights = JSON.parse(fs.readFileSync(process.argv[2] + '/flights-200k.json', 'utf8'));
const out = ['time,delay,distance'];
for (const f of flights)
	out.push([f.time, f.delay ?? '', f.distance].join(','));
process.stdout.write(out.join('\n') + '\n');
