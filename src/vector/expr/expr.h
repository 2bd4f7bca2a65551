/*
 * expr.h
 *	  Expressions over vectors.
 *
 * An expression of the plan is compiled once into a tree of RsExpr, and
 * evaluated for the rows of a batch.  A function with a kernel works on whole
 * vectors; one without is called row by row with the arguments' values; any
 * other kind of node is evaluated by PostgreSQL's ExecEvalExpr over a slot.
 * So there is no expression that cannot be compiled.
 *
 * A part of an expression that PostgreSQL would not evaluate for a row (behind
 * AND, OR, CASE, COALESCE) is not evaluated for it here either, unless it can
 * neither fail nor be noticed.
 *
 * Where whoever asks may stop before the last row of a batch, evaluation is careful:
 * nothing that might fail is called for several rows, env->put_off says that it would
 * have been, and the result is worthless.  Kernels never fail, so as long as they can
 * vouch for all rows, batches are as large as ever; else the operator tries again with
 * one row.
 */
#ifndef RS_EXPR_H
#define RS_EXPR_H

#include "nodes/execnodes.h"
#include "vector/kernel/loops.h"
#include "vector/vector.h"

/*
 * The rows an expression is evaluated for.  Whoever has them gives columns by
 * range table index (or OUTER_VAR, INNER_VAR) and attribute number, for all n
 * rows, computed when first asked for.
 */
typedef struct RsRows RsRows;
struct RsRows
{
	uint32		n;
	const RsVector *(*column) (RsRows *rows, int varno, AttrNumber attno);
	RsArena    *arena;			/* results live here */
	MemoryContext values;		/* Datums that functions made; reset with the arena */
	/* Some rows of others: */
	RsRows	   *base;
	const uint32 *chosen;
	List	   *gathered;
};

/* What the expressions of one operator share. */
typedef struct RsExprEnv
{
	PlanState  *parent;			/* the CustomScanState: parameters, subplans */
	ExprContext *econtext;
	MemoryContext context;		/* for compiled expressions */
	Index		scanrelid;		/* of a scan, else 0 */
	TupleTableSlot *scan;		/* virtual slots, for the fallback by row; */
	TupleTableSlot *outer;		/* NULL where there are no such columns */
	TupleTableSlot *inner;
	bool		careful;		/* several rows, of which some may not be asked for */
	bool		put_off;		/* something was not called, because of that */
} RsExprEnv;

typedef struct RsExpr RsExpr;

/*
 * A kernel: NULL says that these vectors are not of a form it takes.  It runs in
 * rows->values.
 */
typedef RsVector *(*RsKernel) (RsExpr *expr, RsRows *rows, const RsVector **args);

struct RsExpr
{
	const RsVector *(*eval) (RsExpr *expr, RsRows *rows);
	RsVectorType type;
	bool		safe;			/* never fails, has no effect */
	uint8		ncolumns;		/* that it reads: none, one (column), or maybe several: 2 */
	bool		by_dictionary;	/* may be evaluated for the entries of column's dictionary */
	const RsExpr *column;
	RsExprEnv  *env;
	int			nargs;
	RsExpr	  **args;

	/* columns */
	int			varno;
	AttrNumber	attno;

	/* constants and parameters */
	Datum		value;
	bool		isnull;
	ExprState  *state;			/* also of the fallback by row */
	List	   *vars;			/* columns the fallback by row reads */

	/* functions */
	RsKernel	kernel;
	int			variant;		/* which of a kernel's operations */
	FunctionCallInfo fcinfo;
	FmgrInfo	flinfo;
	Oid			collation;
	bool		fold;			/* constant arguments give a constant */
	void	   *extra;			/* of the kernel */
};

extern RsExpr *rs_expr_compile(RsExprEnv *env, Node *node);
extern const RsVector *rs_expr_eval(RsExpr *expr, RsRows *rows);

/* The rows chosen[0 .. n) of others; all four live in rows->arena. */
extern RsRows *rs_rows_narrow(RsRows *rows, const uint32 *chosen, uint32 n);

/* Numbers of the rows where a boolean vector is true. */
extern uint32 rs_true_rows(const RsVector *vector, uint32 n, uint32 *chosen);

/*
 * Rows for which all of the conditions (compiled, of a qual) are true: narrowed
 * after each, so that the next sees only rows that passed.  *chosen are their
 * numbers in rows, NULL if all passed.
 */
extern RsRows *rs_rows_filter(RsRows *rows, List *conditions, const uint32 **chosen);

/* For kernels. */
extern uint8 *rs_null_union(RsRows *rows, const RsVector **args, int nargs);
/* May it not be called now?  Then the result of the evaluation will not be used. */
extern bool rs_expr_put_off(RsExpr *expr);
/* PostgreSQL's function for one row, in the current memory context; it is strict. */
extern Datum rs_function_call_row(RsExpr *expr, const RsVector **args, uint32 row, bool *isnull);

/* Find the kernel of a function; NULL: none. */
typedef struct RsKernelInfo
{
	Oid			function;
	RsKernel	kernel;
	int			variant;
	bool		safe;
} RsKernelInfo;

extern const RsKernelInfo *rs_kernel_find(Oid function);

/*
 * Kernels of functions that are not PostgreSQL's but of this library, known by the C function:
 * their OIDs differ from database to database.  The table ends with a NULL function and is
 * kept; register it when the library is loaded.
 */
typedef struct RsFunctionKernel
{
	PGFunction	function;
	RsKernel	kernel;
	int			variant;
	bool		safe;			/* if its arguments are */
} RsFunctionKernel;

#define RS_MOST_KERNEL_TABLES 8

extern void rs_kernels_register(const RsFunctionKernel *kernels);

/*
 * Might an expression or a list of them fail, or be noticed?  Sums and products of
 * numerics pass for safe here.
 */
extern bool rs_may_fail(Node *node);

/* Can a call of the function with these arguments neither fail nor be noticed? */
extern bool rs_function_is_safe(Oid function, List *args, Oid collation);
extern const RsKernelInfo rs_arithmetic_kernels[];
extern const RsKernelInfo rs_compare_kernels[];
extern const RsKernelInfo rs_cast_kernels[];
extern const RsKernelInfo rs_date_kernels[];
extern const RsKernelInfo rs_date_field_kernels[];
extern const RsKernelInfo rs_interval_kernels[];
extern const RsKernelInfo rs_like_kernels[];
extern const RsKernelInfo rs_number_kernels[];
extern const RsKernelInfo rs_numeric_kernels[];
extern const RsKernelInfo rs_text_kernels[];

/* Nodes that are not functions; NULL: evaluated by row. */
extern RsExpr *rs_logic_compile(RsExprEnv *env, Node *node);
extern RsExpr *rs_in_compile(RsExprEnv *env, ScalarArrayOpExpr *node);
extern RsExpr *rs_distinct_compile(RsExprEnv *env, DistinctExpr *node);
extern RsExpr *rs_null_if_compile(RsExprEnv *env, NullIfExpr *node);
extern RsExpr *rs_min_max_compile(RsExprEnv *env, MinMaxExpr *node);

/* For those: a function of arguments already compiled, any node by row. */
extern RsExpr *rs_function_create(RsExprEnv *env, Node *node, Oid function, List *args,
								  RsExpr **compiled, Oid collation);
extern RsExpr *rs_expr_compile_by_row(RsExprEnv *env, Node *node);

/* What the equality of values is, as a function's kernel has it. */
typedef enum RsEquality
{
	RS_EQUAL_NONE,
	RS_EQUAL_INTEGERS,			/* of any width */
	RS_EQUAL_NUMERICS,
	RS_EQUAL_BYTES,				/* of varlenas */
	RS_EQUAL_PADDED,			/* of char(n), but for the padding */
	RS_EQUAL_UUID
} RsEquality;

/* Of a function that is this comparison (RS_EQ, RS_NE), under a collation. */
extern RsEquality rs_equality_of(Oid function, RsCompare comparison, Oid collation);

/* For logic.c: a new node, and a vector for its truth. */
extern RsExpr *rs_expr_create(RsExprEnv *env, Node *node, int nargs);
/* In may_join.c: is the function redshift.may_join()?  A call of it; NULL: it is none. */
extern bool rs_is_may_join(Oid function);
extern RsExpr *rs_may_join_compile(RsExprEnv *env, Node *node);

extern RsVector *rs_boolean_vector(RsRows *rows);

#endif							/* RS_EXPR_H */
