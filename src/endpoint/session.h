/*
 * session.h
 *	  The endpoint's sessions in the backend that serves them.
 */
#ifndef RS_ENDPOINT_SESSION_H
#define RS_ENDPOINT_SESSION_H

extern void rs_session_init(void);

/* parameters.c: what drivers send, in every session; and what the endpoint's report. */
extern void rs_driver_parameters_init(void);
extern void rs_driver_parameters_begin(void);

#endif							/* RS_ENDPOINT_SESSION_H */
