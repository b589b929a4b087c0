-- Which contributing factors were there in more than one incident.
SELECT class, factor, count(DISTINCT archive_id) AS archives, count(DISTINCT cluster) AS clusters, count(DISTINCT day) AS days
FROM factors
WHERE day >= '2026-11-01' AND day < '2026-12-01'
GROUP BY class, factor
HAVING count(DISTINCT archive_id) > 1
ORDER BY archives DESC, class, factor;
