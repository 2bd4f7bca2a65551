# Random queries over tables that are spread over compute nodes, against heap tables of
# one server: 006_engine.pl with nodes.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

$ENV{REDSHIFT_NODES} ||= 2;
$ENV{REDSHIFT_QUERIES} ||= 300;
do "$FindBin::Bin/006_engine.pl" or die $@ || $!;
