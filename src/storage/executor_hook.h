/*
 * executor_hook.h
 *	  What tables need done before a statement runs.
 */
#ifndef RS_EXECUTOR_HOOK_H
#define RS_EXECUTOR_HOOK_H

extern void rs_executor_hook_init(void);

#endif							/* RS_EXECUTOR_HOOK_H */
