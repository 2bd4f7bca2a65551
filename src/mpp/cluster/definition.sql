-- Definitions of the leader's objects as SQL, for a compute node that joins later.
--
-- definition_object() is what nodes are to have, each with its place in an order in which
-- everything comes after what it depends on; definition_statement() is that as SQL.  What
-- depends on the leader's own relations (views, tables of other access methods) is left
-- out.  Tables come as columns first and get constraints, indexes and the rest later, so
-- that cycles among objects are rare and rows are copied before triggers exist.

-- What nodes are to have, and on a node what it has; step: the height over what it depends on.
CREATE FUNCTION redshift.definition_object(OUT class regclass, OUT id oid, OUT step int4)
	RETURNS SETOF record LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
	AS $$
	WITH RECURSIVE candidate(class, id) AS MATERIALIZED (
		SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)' AND nspname <> 'redshift'
		UNION ALL SELECT 'pg_collation', oid FROM pg_collation
		UNION ALL SELECT 'pg_type', t.oid FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
			WHERE t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c'
		UNION ALL SELECT 'pg_proc', oid FROM pg_proc
		UNION ALL SELECT 'pg_operator', oid FROM pg_operator WHERE oprcode <> 0
		UNION ALL SELECT 'pg_cast', oid FROM pg_cast
		UNION ALL SELECT 'pg_class', oid FROM pg_class
			WHERE relpersistence <> 't' AND (relkind IN ('S', 'p') OR relkind = 'r' AND (oid IN (SELECT relid FROM redshift.distributed_table) OR (SELECT self FROM redshift.cluster) > 0))
		UNION ALL SELECT 'pg_attrdef', a.oid FROM pg_attrdef a JOIN pg_attribute b ON b.attrelid = a.adrelid AND b.attnum = a.adnum
			WHERE b.attgenerated = ''
		UNION ALL SELECT 'pg_constraint', oid FROM pg_constraint WHERE contype <> 't' AND conparentid = 0
		UNION ALL SELECT 'pg_class', indexrelid FROM pg_index
		UNION ALL SELECT 'pg_statistic_ext', oid FROM pg_statistic_ext
		UNION ALL SELECT 'pg_trigger', oid FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0
		UNION ALL SELECT 'pg_policy', oid FROM pg_policy
	), object AS MATERIALIZED (
		SELECT * FROM candidate c WHERE id >= 16384 AND NOT EXISTS (
			SELECT FROM pg_depend d WHERE d.classid = c.class AND d.objid = c.id AND d.deptype IN ('e', 'i')
				AND (d.refclassid, d.refobjid) <> (d.classid, d.objid))
		-- Nor what an extension's table has.
		AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
			WHERE d.classid = c.class AND d.objid = c.id AND d.deptype = 'a')
		-- Nor what is a session's own.
		AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid AND n.nspname ~ '^pg_temp'
			WHERE d.classid = c.class AND d.objid = c.id AND d.refclassid = 'pg_namespace'::regclass)
	), part(class, id, of_class, of_id) AS MATERIALIZED (
		-- Objects that come with another.
		SELECT 'pg_type'::regclass, t.oid, CASE WHEN c.relkind = 'c' THEN 'pg_type'::regclass ELSE 'pg_class' END,
			CASE WHEN c.relkind = 'c' THEN c.reltype ELSE c.oid END
			FROM (SELECT t.oid, t.typrelid FROM pg_type t WHERE typrelid <> 0
				UNION ALL SELECT t.typarray, t.typrelid FROM pg_type t WHERE typrelid <> 0 AND typarray <> 0) t(oid, typrelid)
			JOIN pg_class c ON c.oid = t.typrelid WHERE t.oid >= 16384
			AND NOT (c.relkind = 'c' AND t.oid = c.reltype)
		UNION ALL SELECT 'pg_class', oid, 'pg_type', reltype FROM pg_class WHERE relkind = 'c' AND oid >= 16384
		UNION ALL SELECT 'pg_type', typarray, 'pg_type', oid FROM pg_type WHERE typarray >= 16384 AND typrelid = 0
		UNION ALL SELECT 'pg_type', rngmultitypid, 'pg_type', rngtypid FROM pg_range WHERE rngmultitypid >= 16384
		UNION ALL SELECT 'pg_attrdef', a.oid, 'pg_class', a.adrelid FROM pg_attrdef a
			JOIN pg_attribute b ON b.attrelid = a.adrelid AND b.attnum = a.adnum WHERE b.attgenerated <> ''
		UNION ALL SELECT d.classid::regclass, d.objid, d.refclassid, d.refobjid FROM pg_depend d
			WHERE d.deptype = 'i' AND d.objid >= 16384 AND (d.classid = 'pg_class'::regclass AND EXISTS (
				SELECT FROM pg_class c WHERE c.oid = d.objid AND c.relkind IN ('i', 'I', 'S')) OR d.classid = 'pg_proc'::regclass)
	), edge AS MATERIALIZED (
		SELECT DISTINCT coalesce(p.of_class, d.classid)::regclass AS class, coalesce(p.of_id, d.objid) AS id,
			coalesce(q.of_class, d.refclassid)::regclass AS ref_class, coalesce(q.of_id, d.refobjid) AS ref_id,
			-- A sequence is said to be a column's later.
			d.deptype = 'a' AND d.classid = 'pg_class'::regclass AND EXISTS (
				SELECT FROM pg_class c WHERE c.oid = d.objid AND c.relkind = 'S') AS later
		FROM pg_depend d
		LEFT JOIN part p ON p.class = d.classid AND p.id = d.objid
		LEFT JOIN part q ON q.class = d.refclassid AND q.id = d.refobjid
		WHERE d.refobjid >= 16384 AND d.deptype <> 'e'
	), lost AS (
		SELECT e.class, e.id FROM edge e JOIN object o ON (o.class, o.id) = (e.class, e.id)
		WHERE (e.ref_class, e.ref_id) <> (e.class, e.id)
		AND e.ref_class IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass)
		AND NOT EXISTS (SELECT FROM object r WHERE (r.class, r.id) = (e.ref_class, e.ref_id))
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = e.ref_class AND d.objid = e.ref_id AND d.deptype = 'e')
		UNION
		SELECT e.class, e.id FROM edge e JOIN lost l ON (l.class, l.id) = (e.ref_class, e.ref_id)
	), height(class, id, step) AS (
		SELECT class, id, 0 FROM object
		UNION
		SELECT e.class, e.id, h.step + 1 FROM height h JOIN edge e ON (e.ref_class, e.ref_id) = (h.class, h.id)
		WHERE (e.ref_class, e.ref_id) <> (e.class, e.id) AND NOT e.later AND h.step < 100
	)
	SELECT o.class, o.id, (SELECT max(h.step) FROM height h WHERE (h.class, h.id) = (o.class, o.id))
	FROM object o WHERE NOT EXISTS (SELECT FROM lost l WHERE (l.class, l.id) = (o.class, o.id))
	$$;

CREATE FUNCTION redshift.definition_of_sequence(seq oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %sCYCLE',
		format_type(seqtypid, NULL), seqincrement, seqmin, seqmax, seqstart, seqcache, CASE WHEN seqcycle THEN '' ELSE 'NO ' END)
	FROM pg_sequence WHERE seqrelid = seq
	$$;

CREATE FUNCTION redshift.definition_of_column(relid oid, number int2, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
		|| CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 THEN ' COLLATE ' || c.name ELSE '' END
		|| CASE WHEN a.attgenerated = 's' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED' ELSE '' END
		|| CASE WHEN a.attidentity <> '' THEN format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)',
			CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, s.objid::regclass,
			regexp_replace(redshift.definition_of_sequence(s.objid), '^AS .* INCREMENT', 'INCREMENT')) ELSE '' END
		|| CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
	LEFT JOIN (SELECT c.oid, format('%I.%I', n.nspname, c.collname) AS name FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace) c
		ON c.oid = a.attcollation
	LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	LEFT JOIN pg_depend s ON s.refclassid = 'pg_class'::regclass AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
		AND s.classid = 'pg_class'::regclass AND s.deptype = 'i' AND a.attidentity <> ''
	WHERE a.attrelid = definition_of_column.relid AND a.attnum = number
	$$;

CREATE FUNCTION redshift.definition_of_options(options text[], OUT text) LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT ' WITH (' || string_agg(format('%I = %L', option_name, option_value), ', ') || ')' FROM pg_options_to_table(options)
	$$;

-- The value that a column has in rows which are older than it.
CREATE FUNCTION redshift.set_missing_value("table" regclass, "column" name, value text) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_set_missing_value' LANGUAGE C STRICT VOLATILE;
REVOKE ALL ON FUNCTION redshift.set_missing_value(regclass, name, text) FROM PUBLIC;

-- A table's columns, options and partition key, and what ALTER TABLE says of its columns.
CREATE FUNCTION redshift.definition_of_table(relid oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('CREATE %sTABLE %s (%s)%s%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, c.oid::regclass,
		-- Row groups know columns by number, so that dropped ones count, too.
		(SELECT string_agg(CASE WHEN a.attisdropped THEN format('%I int4', a.attname) ELSE redshift.definition_of_column(a.attrelid, a.attnum) END,
				', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
		CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END,
		(SELECT ' USING ' || quote_ident(amname) FROM pg_am WHERE oid = c.relam),
		redshift.definition_of_options(c.reloptions))
		|| coalesce((SELECT string_agg(format('; ALTER TABLE ONLY %s ALTER %I SET STATISTICS %s', c.oid::regclass, attname, attstattarget), '')
			FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attstattarget > 0), '')
		|| coalesce((SELECT string_agg(format('; ALTER TABLE ONLY %s ALTER %I SET STORAGE %s', c.oid::regclass, attname,
			CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END), '')
			FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
			WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND a.attstorage <> t.typstorage), '')
		|| coalesce((SELECT string_agg(format('; ALTER TABLE ONLY %s DROP COLUMN %I', c.oid::regclass, attname), '' ORDER BY attnum)
			FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND attisdropped), '')
		|| coalesce((SELECT string_agg(format('; SELECT redshift.set_missing_value(%L, %L, %L)', c.oid::regclass, attname, attmissingval::text), '' ORDER BY attnum)
			FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND atthasmissing AND c.relkind = 'r'), '')
	FROM pg_class c WHERE c.oid = definition_of_table.relid
	$$;

CREATE FUNCTION redshift.definition_of_type(id oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE t.typtype
		WHEN 'e' THEN format('CREATE TYPE %s AS ENUM (%s)', t.oid::regtype,
			(SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
		WHEN 'c' THEN format('CREATE TYPE %s AS (%s)', t.oid::regtype,
			(SELECT string_agg(redshift.definition_of_column(a.attrelid, a.attnum), ', ' ORDER BY a.attnum)
				FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
		WHEN 'd' THEN format('CREATE DOMAIN %s AS %s', t.oid::regtype, format_type(t.typbasetype, t.typtypmod))
			|| CASE WHEN t.typcollation <> b.typcollation THEN ' COLLATE ' || (SELECT format('%I.%I', n.nspname, c.collname)
				FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = t.typcollation) ELSE '' END
			|| CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), '')
		WHEN 'r' THEN (SELECT format('CREATE TYPE %s AS RANGE (subtype = %s, multirange_type_name = %s%s%s%s%s)', t.oid::regtype,
				format_type(r.rngsubtype, NULL), format('%I.%I', n.nspname, m.typname),
				', subtype_opclass = ' || (SELECT format('%I.%I', s.nspname, o.opcname) FROM pg_opclass o
					JOIN pg_namespace s ON s.oid = o.opcnamespace WHERE o.oid = r.rngsubopc),
				', collation = ' || (SELECT format('%I.%I', s.nspname, o.collname) FROM pg_collation o
					JOIN pg_namespace s ON s.oid = o.collnamespace WHERE o.oid = r.rngcollation),
				', subtype_diff = ' || nullif(r.rngsubdiff::oid, 0)::regproc, ', canonical = ' || nullif(r.rngcanonical::oid, 0)::regproc)
			FROM pg_range r JOIN pg_type m ON m.oid = r.rngmultitypid JOIN pg_namespace n ON n.oid = m.typnamespace WHERE r.rngtypid = t.oid)
		END
	FROM pg_type t LEFT JOIN pg_type b ON b.oid = t.typbasetype WHERE t.oid = definition_of_type.id
	$$;

CREATE FUNCTION redshift.definition_of_aggregate(id oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('CREATE AGGREGATE %I.%I (%s) (SFUNC = %s, STYPE = %s, SSPACE = %s, FINALFUNC_MODIFY = %s, PARALLEL = %s%s)',
		n.nspname, p.proname,
		CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END,
		a.aggtransfn::oid::regproc, format_type(a.aggtranstype, NULL), a.aggtransspace,
		CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END,
		CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END,
		concat(', FINALFUNC = ' || nullif(a.aggfinalfn::oid, 0)::regproc, CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' END,
			', COMBINEFUNC = ' || nullif(a.aggcombinefn::oid, 0)::regproc, ', SERIALFUNC = ' || nullif(a.aggserialfn::oid, 0)::regproc,
			', DESERIALFUNC = ' || nullif(a.aggdeserialfn::oid, 0)::regproc, ', INITCOND = ' || quote_literal(a.agginitval),
			', MSFUNC = ' || nullif(a.aggmtransfn::oid, 0)::regproc, ', MINVFUNC = ' || nullif(a.aggminvtransfn::oid, 0)::regproc,
			CASE WHEN a.aggmtransfn::oid <> 0 THEN format(', MSTYPE = %s, MSSPACE = %s, MFINALFUNC_MODIFY = %s', format_type(a.aggmtranstype, NULL),
				a.aggmtransspace, CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END) END,
			', MFINALFUNC = ' || nullif(a.aggmfinalfn::oid, 0)::regproc, CASE WHEN a.aggmfinalextra THEN ', MFINALFUNC_EXTRA' END,
			', MINITCOND = ' || quote_literal(a.aggminitval),
			', SORTOP = OPERATOR(' || (SELECT format('%I.%s', s.nspname, o.oprname) FROM pg_operator o JOIN pg_namespace s ON s.oid = o.oprnamespace
				WHERE o.oid = a.aggsortop) || ')', CASE WHEN a.aggkind = 'h' THEN ', HYPOTHETICAL' END))
	FROM pg_proc p JOIN pg_aggregate a ON a.aggfnoid::oid = p.oid JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE p.oid = definition_of_aggregate.id
	$$;

CREATE FUNCTION redshift.definition_of_operator(id oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('CREATE OPERATOR %I.%s (FUNCTION = %s%s)', n.nspname, o.oprname, o.oprcode::oid::regproc,
		concat(', LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL), ', RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
			(SELECT format(', COMMUTATOR = OPERATOR(%I.%s)', m.nspname, c.oprname) FROM pg_operator c
				JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprcom),
			(SELECT format(', NEGATOR = OPERATOR(%I.%s)', m.nspname, c.oprname) FROM pg_operator c
				JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprnegate),
			', RESTRICT = ' || nullif(o.oprrest::oid, 0)::regproc, ', JOIN = ' || nullif(o.oprjoin::oid, 0)::regproc,
			CASE WHEN o.oprcanhash THEN ', HASHES' END, CASE WHEN o.oprcanmerge THEN ', MERGES' END))
	FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = definition_of_operator.id
	$$;

CREATE FUNCTION redshift.definition_of_cast(id oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('CREATE CAST (%s AS %s) %s%s', format_type(castsource, NULL), format_type(casttarget, NULL),
		CASE castmethod WHEN 'f' THEN 'WITH FUNCTION ' || castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
		CASE castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END)
	FROM pg_cast WHERE oid = id
	$$;

CREATE FUNCTION redshift.definition_of_policy(id oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', polname, polrelid::regclass,
		CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
		CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
		(SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ') FROM unnest(polroles) role),
		' USING (' || pg_get_expr(polqual, polrelid) || ')', ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')')
	FROM pg_policy WHERE oid = id
	$$;

CREATE FUNCTION redshift.definition_of_grants(acl aclitem[], object text, columns text, OUT text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('GRANT %s%s ON %s TO %s%s', privilege_type, columns, object,
		CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
		CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
		'; ' ORDER BY grantee <> 0, pg_get_userbyid(grantee), privilege_type)
	FROM aclexplode(acl)
	$$;

-- Owner, comment and grants of an object.
CREATE FUNCTION redshift.definition_of_rights(class regclass, id oid, OUT text) LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	WITH object AS (
		SELECT upper(CASE WHEN i.type = 'index' THEN i.type WHEN i.type = 'statistics object' THEN 'statistics'
			WHEN i.type LIKE '%constraint' THEN 'constraint' ELSE i.type END) AS type,
			CASE WHEN k.contypid <> 0 THEN format('%I ON DOMAIN %s', k.conname, k.contypid::regtype)
				WHEN i.type = 'aggregate' THEN replace(i.identity, '()', '(*)') ELSE i.identity END AS identity,
			r.owner, r.acl
		FROM pg_identify_object(definition_of_rights.class, definition_of_rights.id, 0) i
		LEFT JOIN pg_constraint k ON definition_of_rights.class = 'pg_constraint'::regclass AND k.oid = definition_of_rights.id
		LEFT JOIN (
			SELECT 'pg_namespace'::regclass AS class, oid AS id, nspowner AS owner, nspacl AS acl FROM pg_namespace
			UNION ALL SELECT 'pg_collation', oid, collowner, NULL FROM pg_collation
			UNION ALL SELECT 'pg_type', oid, typowner, typacl FROM pg_type
			UNION ALL SELECT 'pg_proc', oid, proowner, proacl FROM pg_proc
			UNION ALL SELECT 'pg_operator', oid, oprowner, NULL FROM pg_operator
			UNION ALL SELECT 'pg_statistic_ext', oid, stxowner, NULL FROM pg_statistic_ext
			UNION ALL SELECT 'pg_class', oid, relowner, relacl FROM pg_class WHERE relkind IN ('r', 'p', 'S')
		) r ON (r.class, r.id) = (definition_of_rights.class, definition_of_rights.id)
	), subject AS (
		SELECT *, CASE WHEN type = 'TABLE' THEN 'TABLE ' WHEN type = 'AGGREGATE' THEN 'FUNCTION ' ELSE type || ' ' END || replace(identity, '(*)', '()') AS granted FROM object
	)
	SELECT nullif(concat_ws('; ',
		CASE WHEN owner IS NOT NULL THEN format('ALTER %s %s OWNER TO %I', type, identity, pg_get_userbyid(owner)) END,
		CASE WHEN acl IS NOT NULL THEN format('REVOKE ALL ON %s FROM PUBLIC; REVOKE ALL ON %s FROM %I', granted, granted, pg_get_userbyid(owner)) END,
		redshift.definition_of_grants(acl, granted, ''),
		(SELECT string_agg(redshift.definition_of_grants(attacl, granted, format(' (%I)', attname)), '; ') FROM pg_attribute
			WHERE definition_of_rights.class = 'pg_class'::regclass AND attrelid = definition_of_rights.id AND attacl IS NOT NULL AND NOT attisdropped),
		(SELECT format('COMMENT ON %s %s IS %L', type, identity, d.description) FROM pg_description d
			WHERE d.classoid = definition_of_rights.class AND d.objoid = definition_of_rights.id AND d.objsubid = 0),
		(SELECT string_agg(format('COMMENT ON COLUMN %s.%I IS %L', identity, a.attname, d.description), '; ') FROM pg_description d
			JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
			WHERE d.classoid = 'pg_class'::regclass AND d.objsubid > 0 AND d.objoid = CASE definition_of_rights.class
				WHEN 'pg_class'::regclass THEN definition_of_rights.id
				WHEN 'pg_type'::regclass THEN (SELECT typrelid FROM pg_type t WHERE t.oid = definition_of_rights.id) END)), '')
	FROM subject
	$$;

-- Roles and what they belong to; those that a node has already stay as they are there.
CREATE FUNCTION redshift.definition_of_roles() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('DO %L', format('BEGIN IF pg_catalog.to_regrole(%L) IS NULL THEN CREATE ROLE %I %s CONNECTION LIMIT %s%s%s; END IF; END', quote_ident(rolname), rolname,
		concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END,
			CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
			CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
			CASE WHEN rolbypassrls THEN 'BYPASSRLS' END), rolconnlimit,
		' PASSWORD ' || quote_literal(rolpassword), ' VALID UNTIL ' || quote_literal(rolvaliduntil)))
	FROM pg_authid WHERE oid >= 16384
	UNION ALL
	SELECT format('GRANT %I TO %I%s', pg_get_userbyid(roleid), pg_get_userbyid(member), CASE WHEN admin_option THEN ' WITH ADMIN OPTION' ELSE '' END)
	FROM pg_auth_members WHERE member >= 16384
	$$;

-- What belongs to tables, and they themselves.
CREATE FUNCTION redshift.definition_part(tables oid[], OUT class regclass, OUT id oid) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT 'pg_class'::regclass, unnest(tables)
	UNION ALL SELECT 'pg_class', d.objid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
		WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'a' AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (tables)
	UNION ALL SELECT 'pg_attrdef', oid FROM pg_attrdef WHERE adrelid = ANY (tables)
	UNION ALL SELECT 'pg_constraint', oid FROM pg_constraint WHERE conrelid = ANY (tables)
	UNION ALL SELECT 'pg_class', indexrelid FROM pg_index WHERE indrelid = ANY (tables)
	UNION ALL SELECT 'pg_statistic_ext', oid FROM pg_statistic_ext WHERE stxrelid = ANY (tables)
	UNION ALL SELECT 'pg_trigger', oid FROM pg_trigger WHERE tgrelid = ANY (tables)
	UNION ALL SELECT 'pg_policy', oid FROM pg_policy WHERE polrelid = ANY (tables)
	$$;

-- A part of these tables that nodes cannot have, because of what it refers to, or a
-- foreign key of another table that nodes do not have; NULL if there is none.  Defaults
-- of columns are the leader's to compute.
CREATE FUNCTION redshift.definition_missing(tables oid[]) RETURNS text LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT pg_describe_object(class, id, 0) FROM (
		SELECT p.class, p.id FROM redshift.definition_part(tables) p
			LEFT JOIN pg_constraint c ON p.class = 'pg_constraint'::regclass AND c.oid = p.id
			LEFT JOIN pg_trigger t ON p.class = 'pg_trigger'::regclass AND t.oid = p.id
			WHERE p.class <> 'pg_attrdef'::regclass AND coalesce(c.conparentid, 0) = 0 AND coalesce(c.contype, 'c') <> 't'
			AND coalesce(t.tgparentid, 0) = 0 AND t.tgisinternal IS NOT TRUE
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = p.class AND d.objid = p.id AND d.deptype = 'i')
		UNION ALL
		SELECT 'pg_constraint', oid FROM pg_constraint c WHERE contype = 'f' AND confrelid = ANY (tables)
			AND conrelid NOT IN (SELECT relid FROM redshift.distributed_table)
			AND (SELECT relkind FROM pg_class WHERE oid = conrelid) = 'r'
		) p WHERE (class, id) NOT IN (SELECT o.class, o.id FROM redshift.definition_object() o
			WHERE o.class <> 'pg_constraint'::regclass OR o.id NOT IN (SELECT oid FROM pg_constraint
				WHERE contype = 'f' AND conrelid NOT IN (SELECT relid FROM redshift.distributed_table)
				AND (SELECT relkind FROM pg_class WHERE oid = conrelid) = 'r'))
	LIMIT 1
	$$;

-- All of it, in order: what rows need, and what is better made after them.  With tables,
-- only what belongs to these.
CREATE FUNCTION redshift.definition_statement(after_rows bool, tables oid[] DEFAULT NULL) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
	AS $$
	WITH whole AS MATERIALIZED (SELECT * FROM redshift.definition_object()
	), object AS MATERIALIZED (
		SELECT * FROM whole WHERE tables IS NULL OR (class, id) IN (SELECT p.class, p.id FROM redshift.definition_part(tables) p)
	), statement(phase, step, id, sql) AS (
		SELECT 0, -1, e.oid, format('CREATE EXTENSION IF NOT EXISTS %I%s VERSION %L', extname,
			CASE WHEN NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = n.oid AND deptype = 'e')
				THEN format(' SCHEMA %I', nspname) END, extversion)
			FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid >= 16384 AND tables IS NULL
		UNION ALL SELECT CASE o.class WHEN 'pg_namespace'::regclass THEN -1 ELSE 0 END, o.step, o.id, CASE o.class
			WHEN 'pg_namespace'::regclass THEN (SELECT format('CREATE SCHEMA IF NOT EXISTS %I', nspname) FROM pg_namespace WHERE oid = o.id)
			WHEN 'pg_collation'::regclass THEN (SELECT format('CREATE COLLATION %I.%I (PROVIDER = %s, DETERMINISTIC = %s, %s)', n.nspname, c.collname,
					CASE c.collprovider WHEN 'i' THEN 'icu' ELSE 'libc' END, c.collisdeterministic::text,
					coalesce('LOCALE = ' || quote_literal(c.colliculocale), format('LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype)))
				FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = o.id)
			WHEN 'pg_type'::regclass THEN redshift.definition_of_type(o.id)
			WHEN 'pg_operator'::regclass THEN redshift.definition_of_operator(o.id)
			WHEN 'pg_cast'::regclass THEN redshift.definition_of_cast(o.id)
			WHEN 'pg_proc'::regclass THEN (SELECT CASE WHEN prokind = 'a' THEN redshift.definition_of_aggregate(oid) ELSE pg_get_functiondef(oid) END
				FROM pg_proc WHERE oid = o.id)
			WHEN 'pg_class'::regclass THEN (SELECT CASE relkind WHEN 'S' THEN format('CREATE %sSEQUENCE %s %s',
					CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, oid::regclass, redshift.definition_of_sequence(oid))
					ELSE redshift.definition_of_table(oid) END FROM pg_class WHERE oid = o.id AND relkind IN ('S', 'r', 'p'))
			WHEN 'pg_attrdef'::regclass THEN (SELECT format('ALTER TABLE ONLY %s ALTER %I SET DEFAULT %s', d.adrelid::regclass, a.attname, pg_get_expr(d.adbin, d.adrelid))
				FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.oid = o.id)
			WHEN 'pg_constraint'::regclass THEN (SELECT CASE WHEN conrelid <> 0 THEN format('ALTER TABLE ONLY %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
					ELSE format('ALTER DOMAIN %s ADD CONSTRAINT %I %s', contypid::regtype, conname, pg_get_constraintdef(oid)) END
				FROM pg_constraint WHERE oid = o.id AND contype = 'c')
			END FROM object o
		-- From here on with rows.
		UNION ALL SELECT 1, 0, o.id, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid))
			FROM object o JOIN pg_constraint c ON c.oid = o.id WHERE o.class = 'pg_constraint'::regclass AND contype IN ('p', 'u', 'x')
				AND (SELECT relkind FROM pg_class WHERE oid = conrelid) = 'r'
		UNION ALL SELECT 2, 0, o.id, pg_get_indexdef(o.id) FROM object o JOIN pg_class c ON c.oid = o.id WHERE o.class = 'pg_class'::regclass AND relkind = 'i'
		UNION ALL SELECT 3, 0, i.inhrelid, CASE WHEN c.relispartition THEN format('ALTER TABLE %s ATTACH PARTITION %s %s', i.inhparent::regclass, c.oid::regclass, pg_get_expr(c.relpartbound, c.oid))
				ELSE format('ALTER TABLE %s INHERIT %s', c.oid::regclass, i.inhparent::regclass) END
			FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN object o ON o.id = c.oid AND o.class = 'pg_class'::regclass
			JOIN whole p ON p.id = i.inhparent AND p.class = 'pg_class'::regclass WHERE c.relkind IN ('r', 'p')
		UNION ALL SELECT 4, 0, o.id, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid))
			FROM object o JOIN pg_constraint c ON c.oid = o.id WHERE o.class = 'pg_constraint'::regclass AND contype IN ('p', 'u', 'x')
				AND (SELECT relkind FROM pg_class WHERE oid = conrelid) = 'p'
		UNION ALL SELECT 5, -(SELECT count(*) FROM pg_partition_ancestors(o.id))::int4, o.id, replace(pg_get_indexdef(o.id), ' ON ONLY ', ' ON ')
			FROM object o JOIN pg_class c ON c.oid = o.id WHERE o.class = 'pg_class'::regclass AND relkind = 'I'
		UNION ALL SELECT 6, 0, o.id, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid))
			FROM object o JOIN pg_constraint c ON c.oid = o.id WHERE o.class = 'pg_constraint'::regclass AND contype = 'f'
		UNION ALL SELECT 7, 0, o.id, CASE o.class WHEN 'pg_statistic_ext'::regclass THEN pg_get_statisticsobjdef(o.id)
				WHEN 'pg_policy'::regclass THEN redshift.definition_of_policy(o.id) END FROM object o
		UNION ALL SELECT 7, 0, o.id, nullif(concat_ws('; ', CASE WHEN c.relrowsecurity THEN format('ALTER TABLE ONLY %s ENABLE ROW LEVEL SECURITY', c.oid::regclass) END,
				CASE WHEN c.relforcerowsecurity THEN format('ALTER TABLE ONLY %s FORCE ROW LEVEL SECURITY', c.oid::regclass) END), '')
			FROM object o JOIN pg_class c ON c.oid = o.id WHERE o.class = 'pg_class'::regclass AND c.relkind IN ('r', 'p')
		UNION ALL SELECT 7, 1, o.id, pg_get_triggerdef(t.oid) || CASE tgenabled WHEN 'O' THEN '' ELSE format('; ALTER TABLE %s %s TRIGGER %I', tgrelid::regclass,
				CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, tgname) END
			FROM object o JOIN pg_trigger t ON t.oid = o.id WHERE o.class = 'pg_trigger'::regclass
		UNION ALL SELECT 8, 0, o.id, redshift.definition_of_rights(o.class, o.id) FROM object o WHERE o.class NOT IN ('pg_attrdef'::regclass)
		UNION ALL SELECT 8, 0, n.oid, redshift.definition_of_rights('pg_namespace', n.oid) FROM pg_namespace n WHERE nspname = 'public' AND tables IS NULL
		UNION ALL SELECT 9, 0, o.id, format('ALTER SEQUENCE %s OWNED BY %s.%I', o.id::regclass, d.refobjid::regclass, a.attname)
			FROM object o JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = o.id AND d.deptype = 'a' AND d.refclassid = 'pg_class'::regclass
			JOIN pg_class c ON c.oid = o.id AND c.relkind = 'S' JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
			JOIN object t ON t.id = d.refobjid AND t.class = 'pg_class'::regclass WHERE o.class = 'pg_class'::regclass
		UNION ALL SELECT 9, 1, a.oid, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s GRANT %s ON %s TO %s%s', pg_get_userbyid(defaclrole),
				' IN SCHEMA ' || (SELECT quote_ident(nspname) FROM pg_namespace WHERE oid = defaclnamespace), e.privilege_type,
				CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
				CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END, CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
			FROM pg_default_acl a, aclexplode(defaclacl) e WHERE tables IS NULL
		UNION ALL SELECT 9, 0, a.oid, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE ALL ON %s FROM PUBLIC', pg_get_userbyid(defaclrole),
				CASE defaclobjtype WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END)
			FROM pg_default_acl a WHERE tables IS NULL AND defaclnamespace = 0 AND defaclobjtype IN ('f', 'T')
	)
	SELECT sql FROM statement WHERE sql IS NOT NULL AND (phase > 0) = after_rows ORDER BY phase, step, id
	$$;

COMMENT ON FUNCTION redshift.definition_object() IS 'at the leader: what compute nodes are to have, and in what order';
COMMENT ON FUNCTION redshift.definition_statement(bool, oid[]) IS 'at the leader: the definitions of all that compute nodes are to have, as SQL';
COMMENT ON FUNCTION redshift.definition_of_roles() IS 'at the leader: its roles as SQL, with their passwords as they are stored';
REVOKE ALL ON FUNCTION redshift.definition_object(), redshift.definition_statement(bool, oid[]), redshift.definition_of_roles(),
	redshift.definition_part(oid[]), redshift.definition_missing(oid[]),
	redshift.definition_of_sequence(oid), redshift.definition_of_column(oid, int2),
	redshift.definition_of_options(text[]), redshift.definition_of_table(oid), redshift.definition_of_type(oid),
	redshift.definition_of_aggregate(oid), redshift.definition_of_operator(oid), redshift.definition_of_cast(oid),
	redshift.definition_of_policy(oid), redshift.definition_of_grants(aclitem[], text, text), redshift.definition_of_rights(regclass, oid)
	FROM PUBLIC;
