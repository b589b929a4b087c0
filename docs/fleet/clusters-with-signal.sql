-- Which clusters had this signal this month.
SELECT cluster, count(*) AS times, count(DISTINCT archive_id) AS archives, min(began_at) AS first_at, max(began_at) AS last_at
FROM signals
WHERE signal = 'NodeNotReady' AND day >= '2026-11-01' AND day < '2026-12-01'
GROUP BY cluster
ORDER BY times DESC, cluster;
