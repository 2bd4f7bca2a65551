/*
 * parquet.c
 *	  Parquet as a format among others.
 */
#include "postgres.h"

#include "format/parquet/parquet.h"

const RsFormat rs_parquet_format = {
	.name = "parquet",
	.log_name = "Parquet",
	.parts = rs_parquet_parts,
	.read = rs_parquet_read,
	.write = rs_parquet_write,
};
