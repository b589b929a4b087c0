-- What led to it, how surely that is known, and how long it took.
SELECT cause, grade, count(*) AS times, count(DISTINCT cluster) AS clusters, min(lag_ms) AS least_ms, max(lag_ms) AS most_ms
FROM edges
WHERE effect = 'NodeNotReady' AND cause IS NOT NULL AND day >= '2026-11-01' AND day < '2026-12-01'
GROUP BY cause, grade
ORDER BY times DESC, cause, grade;
