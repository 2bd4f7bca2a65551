/*
 * parameters.h
 *	  Redshift's configuration parameters, by Redshift's names.
 */
#ifndef RS_PARAMETERS_H
#define RS_PARAMETERS_H

/* Are identifiers in double quotes kept as they are written?  Else they are folded. */
extern bool rs_enable_case_sensitive_identifier;
extern bool rs_enable_case_sensitive_super_attribute;
extern bool rs_describe_field_name_in_uppercase;

/* Of SUPER and JSON: see Redshift's manual. */
extern bool rs_json_serialization_enable;
extern bool rs_json_serialization_parse_nested_strings;
extern bool rs_cast_super_null_on_error;
extern bool rs_navigate_super_null_on_error;
extern bool rs_parse_super_null_on_error;

/* Are sessions of Redshift's port without TLS refused? */
extern bool rs_require_ssl;

/* A label that the session's queries have in system tables. */
extern char *rs_query_group;

/* Levels of messages of procedures, by Redshift's numbers; the least that are kept. */
#define RS_MESSAGE_LOG			20
#define RS_MESSAGE_INFO			30
#define RS_MESSAGE_NOTICE		40
#define RS_MESSAGE_WARNING		50
#define RS_MESSAGE_EXCEPTION	60
extern int	rs_stored_proc_log_min_messages;

extern void rs_parameters_init(void);

#endif							/* RS_PARAMETERS_H */
