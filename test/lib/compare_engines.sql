-- compare_engines(query): does the engine give what PostgreSQL's executor gives, rows or error, and did it run the
-- query, without subplans?
CREATE FUNCTION compare_engines(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE engine text; executor text; rows bigint; plan text; used bool := false; subplan bool := false;
BEGIN
  FOR plan IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
    used := used OR plan LIKE '%RsVector%'; subplan := subplan OR plan LIKE '%SubPlan%';
  END LOOP;
  BEGIN
    EXECUTE format('SELECT count(*), coalesce(string_agg(q::text, E''\n'' ORDER BY q::text COLLATE "C"), '''') FROM (%s) q', query) INTO rows, engine;
  EXCEPTION WHEN OTHERS THEN engine := SQLERRM; END;
  SET LOCAL redshift.enable_vector = off;
  BEGIN
    EXECUTE format('SELECT coalesce(string_agg(q::text, E''\n'' ORDER BY q::text COLLATE "C"), '''') FROM (%s) q', query) INTO executor;
  EXCEPTION WHEN OTHERS THEN executor := SQLERRM; END;
  SET LOCAL redshift.enable_vector = on;
  IF engine IS DISTINCT FROM executor THEN
    RETURN format('DIFFERENT: %s -- %s', left(engine, 200), left(executor, 200));
  END IF;
  RETURN CASE WHEN used THEN '' ELSE 'not ours, ' END || CASE WHEN subplan THEN 'subplan, ' ELSE '' END || coalesce(rows || ' rows', engine);
END $$;
