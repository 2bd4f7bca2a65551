/*
 * planner.h
 *	  The scan node of redshift tables.
 */
#ifndef RS_PLANNER_H
#define RS_PLANNER_H

#include "nodes/execnodes.h"
#include "nodes/extensible.h"

extern void rs_planner_init(void);

/* The vector engine's node can give batches: vector_node.c. */
extern void rs_vector_node_init(void);

/* Selectivities of joins by several columns: selectivity.c. */
extern void rs_selectivity_init(void);

/* Path and executor of one node each, in the file of that name. */
extern const CustomPathMethods rs_scan_path_methods;
extern const CustomScanMethods rs_scan_methods;
extern const CustomPathMethods rs_count_path_methods;
extern const CustomScanMethods rs_count_methods;
extern const CustomScanMethods rs_vector_methods;
extern const CustomScanMethods rs_input_methods;
extern const CustomScanMethods rs_cte_methods;

/* The rows that a node of rs_count_methods has counted. */
extern uint64 rs_count_node_rows(const PlanState *node);

#endif							/* RS_PLANNER_H */
