/*
 * numeric_rules.h
 *	  Redshift's precision and scale of decimals under redshift.dialect = redshift.
 */
#ifndef RS_NUMERIC_RULES_H
#define RS_NUMERIC_RULES_H

/* To be called before whoever replaces statements that are analysed. */
extern void rs_numeric_rules_init(void);

#endif							/* RS_NUMERIC_RULES_H */
