-- DISTSTYLE AUTO: on all nodes while a table is small, then by key or evenly.

-- Of what is unique nodes see only their own rows, so the key has to be part of it.
CREATE FUNCTION redshift.auto_distkey("table" regclass) RETURNS name
	LANGUAGE sql VOLATILE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
		SELECT a.attname
		FROM pg_attribute a LEFT JOIN redshift.join_columns() j ON j."table" = a.attrelid AND j."column" = a.attname
			LEFT JOIN pg_constraint c ON c.conrelid = a.attrelid AND c.contype = 'p' AND c.conkey = ARRAY[a.attnum]
		WHERE a.attrelid = auto_distkey."table" AND a.attnum > 0 AND NOT a.attisdropped
			AND (c.oid IS NOT NULL OR j.queries >= 10)
			AND (c.oid IS NOT NULL OR
				NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND NOT a.attnum = ANY (i.indkey::int2[])))
			AND EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'hash'
				WHERE o.opcdefault AND (o.opcintype = a.atttypid OR EXISTS (SELECT FROM pg_cast t
					WHERE t.castsource = a.atttypid AND t.casttarget = o.opcintype AND t.castmethod = 'b' AND t.castcontext = 'i'
						AND t.casttarget <> 'oid'::regtype)))		-- names of objects, whose numbers differ between nodes
		ORDER BY c.oid IS NULL, j.queries DESC, a.attnum LIMIT 1
	$$;
COMMENT ON FUNCTION redshift.auto_distkey(regclass) IS 'the column to distribute a table of diststyle auto by: its primary key, if it is one column, else that which most queries join it by; NULL: none';

-- Nodes check foreign keys among the rows that they have.
CREATE FUNCTION redshift.auto_breaks_references("table" regclass, everywhere bool) RETURNS bool
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
		SELECT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND (
			(c.confrelid = "table" AND NOT everywhere) OR
			(c.conrelid = "table" AND c.confrelid <> "table" AND NOT EXISTS (
				SELECT FROM pg_class r, pg_options_to_table(r.reloptions) o
				WHERE r.oid = c.confrelid AND o.option_name = 'diststyle' AND lower(o.option_value) IN ('all', 'auto(all)')))))
	$$;
COMMENT ON FUNCTION redshift.auto_breaks_references(regclass, bool) IS 'would rows that foreign keys refer to be on other nodes, if the table were on all nodes, or were not?';

-- What a table of diststyle auto is to become; NULL: it is well as it is.
CREATE FUNCTION redshift.auto_diststyle("table" regclass) RETURNS text
	LANGUAGE plpgsql VOLATILE STRICT SET search_path = pg_catalog, pg_temp
	AS $$
	DECLARE
		style text;
		size int8;
		best name;
	BEGIN
		SELECT i.diststyle, CASE WHEN i.diststyle = 'AUTO(ALL)' THEN i.bytes / i.nodes ELSE i.bytes END INTO style, size
			FROM redshift.distributed_table_info i WHERE i."table" = auto_diststyle."table";
		IF style NOT IN ('auto', 'AUTO(ALL)', 'AUTO(EVEN)') OR style IS NULL THEN
			RETURN NULL;
		ELSIF style <> 'AUTO(EVEN)' AND size <= pg_size_bytes(current_setting('redshift.auto_all_size')) THEN
			RETURN CASE WHEN style = 'auto' AND NOT redshift.auto_breaks_references("table", true)
				THEN 'SET (diststyle = ''auto(all)'')' END;
		ELSIF redshift.auto_breaks_references("table", false) THEN
			RETURN NULL;
		END IF;
		best := redshift.auto_distkey("table");
		RETURN CASE WHEN best IS NULL AND style = 'AUTO(EVEN)' THEN NULL
			WHEN best IS NULL THEN 'SET (diststyle = ''auto(even)'')'
			ELSE format('SET (diststyle = ''auto(key)'', distkey = %L)', quote_ident(best)) END;
	END
	$$;
COMMENT ON FUNCTION redshift.auto_diststyle(regclass) IS 'how ALTER TABLE is to change the distribution of a table of diststyle auto; NULL: not at all';

CREATE FUNCTION redshift.auto_distribute("table" regclass) RETURNS bool
	LANGUAGE plpgsql VOLATILE STRICT SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
	AS $$
	DECLARE
		change text := redshift.auto_diststyle("table");
	BEGIN
		IF change IS NULL THEN
			RETURN false;
		END IF;
		EXECUTE format('ALTER TABLE ONLY %s %s', "table", change);
		RETURN true;
	EXCEPTION WHEN lock_not_available THEN
		RAISE NOTICE 'table % is in use, its distribution stays as it is', "table";
		RETURN false;
	END
	$$;
COMMENT ON FUNCTION redshift.auto_distribute(regclass) IS 'distributes a table of diststyle auto as suits it now; was it changed?';
