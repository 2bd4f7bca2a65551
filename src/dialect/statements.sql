-- What statements of Redshift's become calls of.

CREATE COLLATION redshift.case_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON COLLATION redshift.case_insensitive IS 'COLLATE CASE_INSENSITIVE';

CREATE PROCEDURE redshift.unload_files(query text, target text, options jsonb)
	LANGUAGE sql AS 'SELECT redshift.unload($1, $2, $3)';
COMMENT ON PROCEDURE redshift.unload_files(text, text, jsonb) IS 'UNLOAD: redshift.unload() without a result';

CREATE FUNCTION redshift.compression_report(only_table regclass, columns name[], comprows int8)
	RETURNS TABLE ("table" text, "column" text, encoding text, est_reduction_pct numeric(5,2))
	LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
	AS $$
	DECLARE
		one regclass;
		missing name;
	BEGIN
		SELECT c INTO missing FROM unnest(columns) c
			WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = only_table AND a.attname = c AND a.attnum > 0 AND NOT a.attisdropped);
		IF FOUND THEN
			RAISE EXCEPTION 'column "%" of relation "%" does not exist', missing, only_table USING ERRCODE = 'undefined_column';
		END IF;
		FOR one IN
			SELECT c.oid FROM pg_class c JOIN pg_am a ON a.oid = c.relam
				WHERE CASE WHEN only_table IS NOT NULL THEN c.oid = only_table
					ELSE a.amname = 'redshift' AND c.relkind = 'r' AND c.relpersistence <> 't' AND has_table_privilege(c.oid, 'SELECT') END
				ORDER BY c.relnamespace::regnamespace::text, c.relname
		LOOP
			-- Fewer rows than what is taken by default say less.
			FOR "table", "column", encoding, est_reduction_pct IN
				SELECT r."table", r."column", r.encoding, r.est_reduction_pct
					FROM redshift.analyze_compression(one, greatest(coalesce(comprows, 100000), 100000)) WITH ORDINALITY r
					WHERE columns IS NULL OR r."column" = ANY (columns) ORDER BY r.ordinality
			LOOP
				PERFORM redshift.tell_compression(one, a.attname, redshift.format_encoding(redshift.column_encoding(c.reloptions, a.attname, a.atttypid)), encoding)
					FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.oid = one AND a.attname = "column";
				RETURN NEXT;
			END LOOP;
		END LOOP;
	END
	$$;
COMMENT ON FUNCTION redshift.compression_report(regclass, name[], int8) IS 'ANALYZE COMPRESSION of one table, or of all redshift tables';

CREATE PROCEDURE redshift.grant_assumerole("grant" bool, roles text[], users text)
	LANGUAGE plpgsql
	AS $$
	DECLARE
		server name;
		found bool := false;
	BEGIN
		FOR server IN
			SELECT s.srvname FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
				WHERE w.fdwname = 'redshift_s3' AND (roles OPERATOR(pg_catalog.@>) '{all}' OR EXISTS (
					SELECT FROM pg_catalog.pg_options_to_table(s.srvoptions) o
						WHERE o.option_name OPERATOR(pg_catalog.=) 'role_arn' AND o.option_value OPERATOR(pg_catalog.=) ANY (roles)
							OR roles OPERATOR(pg_catalog.@>) '{default}' AND o.option_name OPERATOR(pg_catalog.=) 'is_default'
								AND o.option_value::pg_catalog.bool))
		LOOP
			found := true;
			IF "grant" THEN
				EXECUTE pg_catalog.format('GRANT USAGE ON FOREIGN SERVER %I TO %s', server, users);
			ELSE
				EXECUTE pg_catalog.format('REVOKE USAGE ON FOREIGN SERVER %I FROM %s', server, users);
			END IF;
		END LOOP;
		IF NOT found THEN
			RAISE EXCEPTION 'there is no server for role %', pg_catalog.array_to_string(roles, ', ')
				USING ERRCODE = 'undefined_object', HINT = 'CREATE SERVER ... FOREIGN DATA WRAPPER redshift_s3 OPTIONS (role_arn ...) names the role.';
		END IF;
	END
	$$;
COMMENT ON PROCEDURE redshift.grant_assumerole(bool, text[], text) IS 'GRANT or REVOKE ASSUMEROLE: usage of the S3 servers that roles name; users as SQL';
