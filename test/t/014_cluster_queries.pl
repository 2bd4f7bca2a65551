# Random queries over tables that are spread over compute nodes, against heap tables of
# one server: 006_engine.pl with nodes.  The same ones in each run, unless REDSHIFT_SEED
# says otherwise.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

$ENV{REDSHIFT_NODES} ||= 3;
$ENV{REDSHIFT_QUERIES} ||= 250;
$ENV{REDSHIFT_SEED} ||= 103;
do "$FindBin::Bin/006_engine.pl" or die $@ || $!;
