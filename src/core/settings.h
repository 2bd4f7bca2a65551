/*
 * settings.h
 *	  The extension's settings, redshift.*.
 */
#ifndef RS_SETTINGS_H
#define RS_SETTINGS_H

extern bool rs_compaction;
extern bool rs_enable_scan;
extern bool rs_enable_vector;
extern int	rs_insert_buffer_size;	/* kB */

extern void rs_settings_init(void);

#endif							/* RS_SETTINGS_H */
