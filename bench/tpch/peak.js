// Watch the memory of a server's processes that no other shares: the most that any of
// them had, in MB, when told to end.
//
// node peak.js PID_OF_POSTMASTER
const fs = require('fs');

const postmaster = process.argv[2];
let peak = 0;

function sample() {
	let children;
	try {
		children = fs.readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ');
	} catch {
		return;
	}
	for (const pid of children) {
		try {
			const own = /^RssAnon:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
			peak = Math.max(peak, own === null ? 0 : Number(own[1]) / 1024);
		} catch {
			// It has ended meanwhile.
		}
	}
}

setInterval(sample, 5);
process.on('SIGTERM', () => {
	console.log(peak.toFixed(0));
	process.exit(0);
});
