-- compare_order(query, operators): does the engine give what PostgreSQL's executor gives, in the same order, or the
-- same error, and did it run one of the operators (a regular expression of lines of EXPLAIN)?
CREATE FUNCTION compare_order(query text, operators text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE engine text; executor text; rows bigint; plan text; used bool := false;
BEGIN
  FOR plan IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP used := used OR plan ~ operators; END LOOP;
  BEGIN
    EXECUTE format('SELECT count(*), coalesce(md5(string_agg(q::text, E''\n'')), '''') FROM (%s) q', query) INTO rows, engine;
  EXCEPTION WHEN OTHERS THEN engine := SQLERRM; END;
  SET LOCAL redshift.enable_vector = off;
  BEGIN
    EXECUTE format('SELECT coalesce(md5(string_agg(q::text, E''\n'')), '''') FROM (%s) q', query) INTO executor;
  EXCEPTION WHEN OTHERS THEN executor := SQLERRM; END;
  SET LOCAL redshift.enable_vector = on;
  RETURN CASE WHEN NOT used THEN 'not ours, ' ELSE '' END || CASE WHEN engine = executor THEN coalesce(rows || ' rows', engine) ELSE 'DIFFERENT: ' || engine || ' -- ' || executor END;
END $$;
