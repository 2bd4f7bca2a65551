/*
 * redshift_ext.h
 *	  Constants of the extension as a whole.
 */
#ifndef REDSHIFT_EXT_H
#define REDSHIFT_EXT_H

#define RS_SCHEMA		"redshift"		/* schema of catalogs and functions */
#define RS_AM_NAME		"redshift"		/* table access method */

#endif							/* REDSHIFT_EXT_H */
