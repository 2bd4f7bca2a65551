-- What Redshift's SHOW statements of its catalogs return: a function for each, so that they can be
-- prepared with parameters.  Names are as they stand in the catalogs; a database of NULL is this one;
-- a pattern is LIKE's and of NULL lets all pass.  What does not exist is an error, what is in another
-- database too.

-- internal
CREATE FUNCTION redshift.show_in_schema(database text, schema text) RETURNS oid
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
	AS $$
	DECLARE
		found oid;
	BEGIN
		IF database <> current_database() THEN
			IF NOT EXISTS (SELECT FROM pg_database WHERE datname = database) THEN
				RAISE EXCEPTION 'database "%" does not exist', database USING ERRCODE = 'invalid_catalog_name';
			END IF;
			RAISE EXCEPTION 'cannot show what is in database "%" from database "%"', database, current_database()
				USING ERRCODE = 'feature_not_supported', HINT = 'Connect to the database.';
		END IF;
		IF schema IS NULL THEN
			RETURN NULL;
		END IF;
		SELECT oid INTO found FROM pg_namespace WHERE nspname = schema;
		IF found IS NULL THEN
			RAISE EXCEPTION 'schema "%" does not exist', schema USING ERRCODE = 'invalid_schema_name';
		END IF;
		RETURN found;
	END
	$$;
COMMENT ON FUNCTION redshift.show_in_schema(text, text) IS 'the schema; an error if there is none of this name, or the database is another one';

-- internal
CREATE FUNCTION redshift.show_relation(database text, schema text, "table" text) RETURNS oid
	LANGUAGE plpgsql STABLE
	AS $$
	DECLARE
		-- Without a schema it is the one that the session's search path leads to.
		wanted oid := redshift.show_in_schema(database, schema);
		found oid;
	BEGIN
		SELECT oid INTO found FROM pg_catalog.pg_class
			WHERE CASE WHEN wanted IS NULL THEN pg_catalog.pg_table_is_visible(oid) ELSE relnamespace OPERATOR(pg_catalog.=) wanted END
				AND relname OPERATOR(pg_catalog.=) "table"::pg_catalog.name
				AND relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,f,p}'::pg_catalog."char"[]);
		IF found IS NULL THEN
			RAISE EXCEPTION 'relation "%" does not exist', pg_catalog.concat_ws('.', schema, "table") USING ERRCODE = 'undefined_table';
		END IF;
		RETURN found;
	END
	$$;
COMMENT ON FUNCTION redshift.show_relation(text, text, text) IS 'the table or view; an error if there is none of this name';

-- internal
CREATE FUNCTION redshift.show_databases(pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, database_owner int4, database_type varchar, database_acl varchar, parameters varchar, database_isolation_level varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT d.database_name, d.database_owner, d.database_type, d.database_acl, d.database_options, d.database_isolation_level
		FROM redshift.svv_redshift_databases d WHERE pattern IS NULL OR d.database_name LIKE pattern ORDER BY 1;
	END;
COMMENT ON FUNCTION redshift.show_databases(text) IS 'SHOW DATABASES [LIKE pattern]';

-- internal
CREATE FUNCTION redshift.show_schemas(database text DEFAULT NULL, pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, schema_owner int4, schema_type varchar, schema_acl varchar, source_database varchar,
		schema_option varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT s.database_name, s.schema_name, s.schema_owner, s.schema_type, s.schema_acl, s.source_database, s.schema_option
		FROM redshift.svv_all_schemas s
		WHERE redshift.show_in_schema(database, NULL) IS NULL AND (pattern IS NULL OR s.schema_name LIKE pattern) ORDER BY 2;
	END;
COMMENT ON FUNCTION redshift.show_schemas(text, text) IS 'SHOW SCHEMAS FROM DATABASE database [LIKE pattern]';

-- internal
CREATE FUNCTION redshift.show_tables(database text, schema text, pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, table_name varchar, table_type varchar, table_acl varchar, remarks varchar, owner varchar,
		last_altered_time timestamp, last_modified_time timestamp, dist_style varchar, table_subtype varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, c.nspname::varchar, c.relname::varchar,
			CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' WHEN c.relkind = 'f' THEN 'EXTERNAL TABLE' ELSE 'TABLE' END::varchar,
			redshift.acl_text(c.relacl)::varchar, d.description::varchar, pg_get_userbyid(c.relowner)::varchar, NULL::timestamp, NULL::timestamp,
			CASE WHEN c.is_columnar THEN (ARRAY['EVEN', 'KEY', 'ALL', 'AUTO (ALL)', 'AUTO (EVEN)', 'AUTO (KEY)'])[
				array_position(ARRAY[0, 1, 8, 10, 11, 12]::int2[], redshift.dist_style(c.reloptions))] END::varchar,
			CASE WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW' WHEN c.relkind = 'v' THEN 'REGULAR VIEW' WHEN c.relkind = 'f' THEN 'EXTERNAL TABLE'
				ELSE 'REGULAR TABLE' END::varchar
		FROM redshift.visible_relation c
			LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
		WHERE c.relnamespace = redshift.show_in_schema(database, schema) AND (pattern IS NULL OR c.relname LIKE pattern) ORDER BY 3;
	END;
COMMENT ON FUNCTION redshift.show_tables(text, text, text) IS 'SHOW TABLES FROM SCHEMA database.schema [LIKE pattern]';

-- internal
CREATE FUNCTION redshift.show_columns(database text, schema text, "table" text, pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, table_name varchar, column_name varchar, ordinal_position int4, column_default varchar,
		is_nullable varchar, data_type varchar, character_maximum_length int4, numeric_precision int4, numeric_scale int4, remarks varchar,
		sort_key_type varchar, sort_key int4, dist_key int4, encoding varchar, "collation" varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, c.nspname::varchar, c.relname::varchar, c.attname::varchar, c.attnum::int4, c.column_default::varchar,
			CASE WHEN c.is_notnull THEN 'NO' ELSE 'YES' END::varchar, redshift.type_name(c.basetype, NULL)::varchar,
			redshift.type_length(c.basetype, c.basetypmod), redshift.type_precision(c.basetype, c.basetypmod),
			redshift.type_scale(c.basetype, c.basetypmod), d.description::varchar,
			CASE WHEN c.is_columnar AND max(abs(c.sort_position)) OVER () > 0
				THEN CASE WHEN redshift.is_interleaved(c.reloptions) THEN 'INTERLEAVED' ELSE 'COMPOUND' END END::varchar,
			abs(c.sort_position), c.is_dist_key::int4, c.encoding::varchar,
			CASE WHEN o.collname IS NULL THEN NULL WHEN o.collisdeterministic THEN 'case_sensitive' ELSE 'case_insensitive' END::varchar
		FROM redshift.visible_column c LEFT JOIN pg_collation o ON o.oid = c.attcollation AND c.atttypid IN ('varchar'::regtype, 'bpchar'::regtype, 'text'::regtype)
			LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = c.attnum
		WHERE c.oid = redshift.show_relation(database, schema, "table") AND (pattern IS NULL OR c.attname LIKE pattern) ORDER BY c.attnum;
	END;
COMMENT ON FUNCTION redshift.show_columns(text, text, text, text) IS 'SHOW COLUMNS FROM TABLE database.schema.table [LIKE pattern]';

-- internal
CREATE FUNCTION redshift.show_constraints_primary(database text, schema text, "table" text)
	RETURNS TABLE (database_name varchar, schema_name varchar, table_name varchar, pk_name varchar, column_name varchar, key_seq int4)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, c.nspname::varchar, c.relname::varchar, k.conname::varchar, a.attname::varchar, s.n
		FROM redshift.visible_relation c JOIN redshift.key_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
			CROSS JOIN LATERAL generate_subscripts(k.conkey, 1) s(n) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[s.n]
		WHERE c.oid = redshift.show_relation(database, schema, "table") ORDER BY s.n;
	END;
COMMENT ON FUNCTION redshift.show_constraints_primary(text, text, text) IS 'SHOW CONSTRAINTS PRIMARY KEYS FROM TABLE database.schema.table';

-- internal
CREATE FUNCTION redshift.show_constraints_foreign(database text, schema text, "table" text, exported bool DEFAULT false)
	RETURNS TABLE (pk_database_name varchar, pk_schema_name varchar, pk_table_name varchar, pk_column_name varchar, fk_database_name varchar,
		fk_schema_name varchar, fk_table_name varchar, fk_column_name varchar, key_seq int4, fk_name varchar, pk_name varchar,
		update_rule int4, delete_rule int4, deferrability int4)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, p.nspname::varchar, p.relname::varchar, pa.attname::varchar, current_database()::varchar, f.nspname::varchar,
			f.relname::varchar, fa.attname::varchar, s.n, k.conname::varchar,
			(SELECT u.conname FROM redshift.key_constraint u
				WHERE u.conrelid = k.confrelid AND u.contype IN ('p', 'u') AND u.conkey @> k.confkey AND u.conkey <@ k.confkey
				ORDER BY u.contype, u.conname LIMIT 1)::varchar,
			redshift.key_rule(k.confupdtype), redshift.key_rule(k.confdeltype),
			CASE WHEN NOT k.condeferrable THEN 7 WHEN k.condeferred THEN 5 ELSE 6 END
		FROM redshift.key_constraint k JOIN redshift.visible_relation f ON f.oid = k.conrelid JOIN redshift.visible_relation p ON p.oid = k.confrelid
			CROSS JOIN LATERAL generate_subscripts(k.conkey, 1) s(n)
			JOIN pg_attribute fa ON fa.attrelid = k.conrelid AND fa.attnum = k.conkey[s.n]
			JOIN pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = k.confkey[s.n]
		WHERE k.contype = 'f' AND CASE WHEN exported THEN k.confrelid ELSE k.conrelid END = redshift.show_relation(database, schema, "table")
		ORDER BY CASE WHEN exported THEN f.nspname ELSE p.nspname END, CASE WHEN exported THEN f.relname ELSE p.relname END, k.conname, s.n;
	END;
COMMENT ON FUNCTION redshift.show_constraints_foreign(text, text, text, bool) IS 'SHOW CONSTRAINTS FOREIGN KEYS [EXPORTED] FROM TABLE database.schema.table; rules and deferrability by JDBC''s numbers';

-- internal
CREATE FUNCTION redshift.show_procedures(database text, schema text, pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, procedure_name varchar, number_of_arguments int4, argument_list varchar, return_type varchar,
		remarks varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, schema::varchar, p.proname::varchar, p.pronargs::int4, redshift.argument_types(p.proargtypes)::varchar,
			CASE WHEN p.prorettype <> 'void'::regtype THEN redshift.type_name(p.prorettype, NULL) END::varchar, d.description::varchar
		FROM redshift.visible_function p LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0
		WHERE p.pronamespace = redshift.show_in_schema(database, schema) AND p.prokind = 'p' AND (pattern IS NULL OR p.proname LIKE pattern) ORDER BY 3, 5;
	END;
COMMENT ON FUNCTION redshift.show_procedures(text, text, text) IS 'SHOW PROCEDURES FROM SCHEMA database.schema [LIKE pattern]';

-- internal
CREATE FUNCTION redshift.show_functions(database text, schema text, pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, function_name varchar, number_of_arguments int4, argument_list varchar, return_type varchar,
		remarks varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, schema::varchar, p.proname::varchar, p.pronargs::int4, redshift.argument_types(p.proargtypes)::varchar,
			redshift.type_name(p.prorettype, NULL)::varchar, d.description::varchar
		FROM redshift.visible_function p LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0
		WHERE p.pronamespace = redshift.show_in_schema(database, schema) AND p.prokind <> 'p' AND (pattern IS NULL OR p.proname LIKE pattern) ORDER BY 3, 5;
	END;
COMMENT ON FUNCTION redshift.show_functions(text, text, text) IS 'SHOW FUNCTIONS FROM SCHEMA database.schema [LIKE pattern]';

-- The function or procedure of this name with arguments of these types, by any of their names.
-- internal
CREATE FUNCTION redshift.show_routine(database text, schema text, name text, types text[], procedure bool) RETURNS oid
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
	AS $$
	DECLARE
		found oid;
		wanted oidvector := array_to_string(ARRAY(SELECT coalesce(redshift.type_by_name(t), 0) FROM unnest(types) WITH ORDINALITY u(t, n) ORDER BY n), ' ');
	BEGIN
		SELECT oid INTO found FROM pg_proc
			WHERE pronamespace = redshift.show_in_schema(database, schema) AND proname = name AND (prokind = 'p') = procedure
				AND proargtypes = wanted;
		IF found IS NULL THEN
			RAISE EXCEPTION '% %.%(%) does not exist', CASE WHEN procedure THEN 'procedure' ELSE 'function' END, schema, name, array_to_string(types, ', ')
				USING ERRCODE = 'undefined_function';
		END IF;
		RETURN found;
	END
	$$;
COMMENT ON FUNCTION redshift.show_routine(text, text, text, text[], bool) IS 'the function or procedure with arguments of these types; an error if there is none';

-- internal
CREATE FUNCTION redshift.show_parameters_of(routine oid, pattern text)
	RETURNS TABLE (database_name varchar, schema_name varchar, routine_name varchar, parameter_name varchar, ordinal_position int4,
		parameter_type varchar, data_type varchar, character_maximum_length int4, numeric_precision int4, numeric_scale int4)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, p.nspname::varchar, p.proname::varchar, a.name::varchar, a.n, a.mode::varchar, redshift.type_name(a.type, NULL)::varchar,
			redshift.type_length(a.type, -1), redshift.type_precision(a.type, -1), redshift.type_scale(a.type, -1)
		FROM redshift.visible_function p CROSS JOIN LATERAL (
			SELECT 0 AS n, '' AS name, 'RETURN' AS mode, p.prorettype AS type
			WHERE p.prokind <> 'p' AND p.prorettype <> 'record'::regtype
			UNION ALL
			SELECT n::int4, coalesce(p.proargnames[n], ''),
				CASE p.proargmodes[n] WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' WHEN 't' THEN 'TABLE' ELSE 'IN' END, t
			FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u(t, n)) a
		WHERE p.oid = routine AND (pattern IS NULL OR a.name LIKE pattern) ORDER BY a.n;
	END;

-- internal
CREATE FUNCTION redshift.show_parameters_of_procedure(database text, schema text, name text, types text[], pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, procedure_name varchar, parameter_name varchar, ordinal_position int4,
		parameter_type varchar, data_type varchar, character_maximum_length int4, numeric_precision int4, numeric_scale int4)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT * FROM redshift.show_parameters_of(redshift.show_routine(database, schema, name, types, true), pattern);
	END;
COMMENT ON FUNCTION redshift.show_parameters_of_procedure(text, text, text, text[], text) IS 'SHOW PARAMETERS OF PROCEDURE database.schema.name(types) [LIKE pattern]';

-- internal
CREATE FUNCTION redshift.show_parameters_of_function(database text, schema text, name text, types text[], pattern text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, function_name varchar, parameter_name varchar, ordinal_position int4,
		parameter_type varchar, data_type varchar, character_maximum_length int4, numeric_precision int4, numeric_scale int4)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT * FROM redshift.show_parameters_of(redshift.show_routine(database, schema, name, types, false), pattern);
	END;
COMMENT ON FUNCTION redshift.show_parameters_of_function(text, text, text, text[], text) IS 'SHOW PARAMETERS OF FUNCTION database.schema.name(types) [LIKE pattern]';
