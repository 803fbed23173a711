/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every SQL text of the store: {name, SQL}.  Values come in only as ?n.
 * The words are those that SQLite and PostgreSQL share; greatest() and least() are
 * taught to SQLite (sqlite.c), ?n becomes $n for PostgreSQL (dialect.c).  An INSERT
 * whose id is wanted ends in RETURNING id.
 * Lists are read by key: id > ?after, in the order of ids, so a page costs the
 * same wherever it stands and nothing is shown twice when rows come or go.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_STATEMENTS_H
#define PERI_SERVICE_STORE_DATABASE_STATEMENTS_H

/* Column order is that of the row_* functions in rows.c; the id comes last. */
#define SQL_CATALOG                                                                         \
    "SELECT subscription, resource_group, name, tags, tenant, created_by, modified_by, "    \
    "created_ms, modified_ms, id FROM catalog "
#define SQL_RESOURCE_GROUP "SELECT g.subscription, g.name, g.location, g.tags, g.created_by, g.created_ms, g.id FROM resource_group g "
/* ?1: who asks, '' for nobody.  Groups with a catalog in which it has a role; all with one at the service, or
 * at their subscription. */
#define SQL_GROUP_SEEN                                                                      \
    "(?1 = '' OR EXISTS (SELECT 1 FROM role_assignment a LEFT JOIN catalog c ON c.id = a.catalog WHERE a.principal = ?1 " \
    "AND (a.level = 0 OR (a.level = 1 AND a.subscription = g.subscription) OR (a.level = 2 AND a.resource_group = g.id) " \
    "OR (c.subscription = g.subscription AND c.resource_group = g.name)))) "
/* A role at a resource group of the catalog ?, a row of that name. */
#define SQL_ROLE_OF_GROUP(catalog)                                                          \
    "EXISTS (SELECT 1 FROM resource_group r WHERE r.id = a.resource_group AND r.subscription = " catalog ".subscription " \
    "AND r.name = " catalog ".resource_group)"
/* Who carries an operation out has this until the end of his transaction, however long that takes and whatever his lease
 * says; a connection that ends gives it back.  Negative: the migrations' own is positive. */
#define SQL_AT_WORK "pg_try_advisory_xact_lock(-id)"
#define SQL_JOB                                                                             \
    "SELECT operation, subscription, kind, tenant, attempts, "                              \
    "EXISTS (SELECT 1 FROM operation_request r WHERE r.operation = operation.id) FROM operation "
#define SQL_PRODUCT "SELECT name, description, id FROM product "
#define SQL_GROUP                                                                           \
    "SELECT p.name, g.name, g.description, g.feed, g.policy, g.boundary, g.crash_dumps, "   \
    "EXISTS (SELECT 1 FROM deployment d WHERE d.device_group = g.id), g.id "                \
    "FROM device_group g JOIN product p ON p.id = g.product "
/* Of device d. */
#define SQL_LAST_REQUEST "coalesce((SELECT y.last_s FROM device_seen y WHERE y.device = d.id), 0)"
#define SQL_DEVICE_OF(devices)                                                              \
    "SELECT c.subscription, c.resource_group, c.name, p.name, g.name, d.device_id, d.chip_sku, " \
    "(SELECT r.version FROM os_release r WHERE r.feed <= coalesce(g.feed, 0) AND r.state <> 3 " \
    " AND r.hardware = d.hardware ORDER BY r.id DESC LIMIT 1), "                           \
    "d.installed_os, d.registered_ms, " SQL_LAST_REQUEST ", d.last_os_update_s, d.id "      \
    "FROM " devices " d LEFT JOIN catalog c ON c.id = d.catalog "                           \
    "LEFT JOIN device_group g ON g.id = d.device_group LEFT JOIN product p ON p.id = g.product "
#define SQL_DEVICE SQL_DEVICE_OF("device")
/* The devices of a list from ?after on, so many; of these, those with both texts ('': any), which have to be
 * bound.  _END: how many were looked at, and the last of them. */
#define SQL_DEVICE_LIST(X, name, where, after, limit, offset, sku, os)                      \
    X(name, SQL_DEVICE_OF("(SELECT * FROM device d WHERE " where "d.id > " after " ORDER BY d.id LIMIT " limit " OFFSET " offset ")") \
            "WHERE (" sku " = '' OR d.chip_sku = " sku " COLLATE NOCASE) "                  \
            "AND (" os " = '' OR d.installed_os = " os " COLLATE NOCASE) ORDER BY d.id")    \
    X(name##_END, "SELECT count(*), max(s.id) FROM (SELECT d.id FROM device d WHERE " where "d.id > " after \
                  " ORDER BY d.id LIMIT " limit ") s")
#define SQL_IMAGE                                                                           \
    "SELECT i.image, i.component, i.type, i.boundary, i.name, i.bytes, i.created_ms, i.id "   \
    "FROM image i "
#define SQL_WANTED                                                                          \
    "SELECT i.image, i.component, i.type, i.bytes, i.provides_version, i.provides_type, "   \
    "i.depends_version, i.depends_type, i.digest, i.id FROM image i "
#define SQL_DEPLOYMENT                                                                      \
    "SELECT p.name, g.name, d.deployment, d.created_ms, d.id FROM deployment d "            \
    "JOIN device_group g ON g.id = d.device_group JOIN product p ON p.id = g.product "
#define SQL_RELEASE "SELECT version, feed, state, hardware, sequence, created_ms, id FROM os_release "

/* A device's row, its group's, the counters: standing.c names the columns. */
#define SQL_STANDING(parts)                                                                 \
    "SELECT d.id, d.catalog, d.device_group, coalesce(g.feed, 0), g.policy, g.crash_dumps, d.assignment_sequence, " \
    "g.sequence, d.hardware, d.revoked_s, d.was_revoked, d.installed_os, "                  \
    "(SELECT k.value FROM counter k WHERE k.name = 'generation'), "                         \
    "(SELECT k.value FROM counter k WHERE k.name = 'feed0'), "                              \
    "(SELECT k.value FROM counter k WHERE k.name = 'feed1')" parts                          \
    " FROM device d LEFT JOIN device_group g ON g.id = d.device_group "
/* How it stands in the newest rollout that it was offered, in one number. */
#define SQL_PART(table)                                                                     \
    "(SELECT x.rollout * 8 + x.state * 2 + x.silent FROM " table " x WHERE x.device = d.id ORDER BY x.rollout DESC LIMIT 1)"

/* What rows of both kinds of rollouts have, from column 2 on. */
#define SQL_ROLLOUT_COLUMNS                                                                 \
    "r.rollout, r.state, r.steps, r.step, r.share, r.soak_s, r.threshold, r.minimum, r.offered, " \
    "r.updated, r.failed, r.reason, r.created_by, r.created_ms, r.changed_ms, r.silent_checks, r.silent, "
#define SQL_ROLLOUT                                                                         \
    "SELECT p.name, g.name, " SQL_ROLLOUT_COLUMNS "r.id FROM rollout r "                    \
    "JOIN device_group g ON g.id = r.device_group JOIN product p ON p.id = g.product "
#define SQL_OS_ROLLOUT                                                                      \
    "SELECT o.version, o.id, " SQL_ROLLOUT_COLUMNS "r.id FROM os_rollout r JOIN os_release o ON o.id = r.os_release "
/* Statements that differ in the table alone: of a set of applications for a group, of an OS
 * release for the devices of a feed.  goal: the column that names which. */
#define SQL_ROLLOUT_KIND(X, name, table, goal)                                              \
    X(name##_LOAD, "SELECT rollout, state, steps, step, share, threshold, minimum, offered, failed, silent, " \
                   "silent_checks, " goal " FROM " table " WHERE id = ?1")                  \
    X(name##_STATE, "UPDATE " table " SET state = ?2, reason = ?3, changed_ms = ?4 WHERE id = ?1") \
    X(name##_STEP, "UPDATE " table " SET step = ?2, share = ?3, step_ms = ?4, changed_ms = ?4, step_offered = 0, " \
                   "step_updated = 0 WHERE id = ?1")                                        \
    X(name##_DUE, "SELECT id FROM " table " WHERE state = 1 AND step_ms + soak_s * 1000 <= ?1 " \
                  "AND soak_s * 1000 <= ?2 AND step_updated * 2 >= step_offered "           \
                  "AND (step_offered > 0 OR (step_ms + ?3 <= ?1 AND ?3 <= ?2)) ORDER BY id LIMIT 1")        \
    X(name##_STATES, "SELECT state, count(*), " SQL_SUM("offered") ", " SQL_SUM("updated") ", " SQL_SUM("failed") ", " \
                     SQL_SUM("silent") " FROM " table " GROUP BY state")                    \
    X(name##_AGAIN, "UPDATE " table " SET step_ms = ?1 WHERE state IN (1, 2) AND step_ms > ?1 + ?2") \
    X(name##_COUNT, "UPDATE " table " SET offered = offered + ?2, updated = updated + ?3, failed = failed + ?4, " \
                    "silent = silent + ?5, step_offered = step_offered + ?2, step_updated = step_updated + ?3 " \
                    "WHERE id = ?1")                                                        \
    X(name##_HEARD, "UPDATE " table " SET silent = silent - 1, failed = failed - ?2 WHERE id = ?1 AND silent > 0") \
    X(name##_DEVICE_GET, "SELECT state, silent, since_s FROM " table "_device WHERE rollout = ?1 AND device = ?2") \
    X(name##_DEVICE_SET, "INSERT INTO " table "_device (rollout, device, state, silent, since_s) " \
                         "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (rollout, device) DO UPDATE SET " \
                         "state = excluded.state, silent = excluded.silent, since_s = excluded.since_s") \
    X(name##_LISTENS, "SELECT id, silent_checks FROM " table " WHERE state IN (1, 2) AND silent_checks > 0 " \
                      "AND id > ?1 ORDER BY id LIMIT 1")
#define SQL_ROLE                                                                            \
    "SELECT a.assignment, a.level, a.role, a.principal, coalesce(c.subscription, r.subscription, a.subscription), " \
    "coalesce(c.resource_group, r.name), c.name, p.name, g.name, d.device_id, a.created_by, a.created_ms, a.id " \
    "FROM role_assignment a LEFT JOIN resource_group r ON r.id = a.resource_group "         \
    "LEFT JOIN catalog c ON c.id = a.catalog LEFT JOIN device d ON d.id = a.device "        \
    "LEFT JOIN device_group g ON g.id = coalesce(a.device_group, d.device_group) "          \
    "LEFT JOIN product p ON p.id = coalesce(a.product, g.product) "
/* Of catalog ?1; the words of the index device_revoked. */
#define SQL_REVOKED_DEVICE                                                                  \
    "SELECT d.device_id, p.name, g.name, d.revoked_reason, d.revoked_s, d.revoked_by, d.id FROM device d " \
    "LEFT JOIN device_group g ON g.id = d.device_group LEFT JOIN product p ON p.id = g.product " \
    "WHERE d.catalog = ?1 AND d.revoked_s > 0 "
#define SQL_REVOKED "SELECT serial, reason, revoked_s, not_after_s, name, revoked_by, id FROM revocation "
/* A device that left the catalog left its roles there. */
#define SQL_ROLE_STANDS "(a.level < 6 OR d.catalog = a.catalog) "

#define SQL_SUM(column) "CAST(coalesce(sum(" column "), 0) AS BIGINT)"
/* Dumps that are not expired at ?2, with the newest crash group of their kind. */
#define SQL_DUMP                                                                            \
    "SELECT x.dump, d.device_id, p.name, g.name, x.component, x.image, x.signal, x.crashed_s, x.received_s, " \
    "x.expires_s, x.bytes, (SELECT k.crash_group FROM crash_group k WHERE k.catalog = x.catalog AND " \
    "k.component = x.component AND k.image = x.image AND k.signal = x.signal " \
    "ORDER BY k.last_hour DESC, k.id DESC LIMIT 1), x.id FROM crash_dump x JOIN device d ON d.id = x.device " \
    "JOIN device_group g ON g.id = x.device_group JOIN product p ON p.id = g.product " \
    "WHERE x.catalog = ?1 AND x.expires_s > ?2 "

/* What came in this hour and the one before; and in the seven days before these. */
#define SQL_CRASH_RECENT(hour)                                                              \
    "(SELECT " SQL_SUM("h.count") " FROM crash_hour h "                                     \
    "WHERE h.crash_group = g.id AND h.hour >= " hour " - 1)"
#define SQL_CRASH_BEFORE(hour)                                                              \
    "(SELECT " SQL_SUM("h.count") " FROM crash_hour h "                                     \
    "WHERE h.crash_group = g.id AND h.hour < " hour " - 1 AND h.hour >= " hour " - 169)"
#define SQL_CRASH_GROUP                                                                     \
    "SELECT g.crash_group, g.component, g.image, g.signal, g.site, g.first_s, g.last_s, g.count, " \
    "g.devices, g.growing_s, " SQL_CRASH_RECENT("?1") ", " SQL_CRASH_BEFORE("?1") ", " \
    "CASE WHEN EXISTS (SELECT 1 FROM image i WHERE i.catalog IS NULL AND i.component = g.component) " \
    "THEN 1 ELSE 0 END, g.id FROM crash_group g "

#define STATEMENT_TABLE(X)                                                                  \
    X(BEGIN, "BEGIN")                                                                       \
    X(COMMIT, "COMMIT")                                                                     \
    X(ROLLBACK, "ROLLBACK")                                                                 \
    X(MARK, "SAVEPOINT request")                                                            \
    X(KEEP, "RELEASE request")                                                              \
    X(UNDO, "ROLLBACK TO request")                                                          \
    X(COUNTER_GET, "SELECT value FROM counter WHERE name = 'sequence'")                     \
    X(COUNTER_SET, "INSERT INTO counter VALUES ('sequence', ?1) "                           \
                   "ON CONFLICT (name) DO UPDATE SET value = excluded.value")               \
    X(GENERATION_GET, "SELECT value FROM counter WHERE name = 'generation'")                \
    X(GENERATION_SET, "INSERT INTO counter VALUES ('generation', ?1) "                      \
                      "ON CONFLICT (name) DO UPDATE SET value = excluded.value")            \
    X(FEED_SET, "INSERT INTO counter VALUES ('feed' || ?1, ?2) "                            \
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value")                  \
    X(CATALOG_FIND, "SELECT id, tenant FROM catalog "                                       \
                    "WHERE subscription = ?1 AND resource_group = ?2 AND name = ?3")        \
    X(CATALOG_ROW, SQL_CATALOG "WHERE id = ?1")                                             \
    X(CATALOG_LIST, SQL_CATALOG "WHERE subscription = ?1 AND (?2 = '' OR resource_group = ?2) " \
                    "AND id > ?3 AND (?6 = '' OR EXISTS (SELECT 1 FROM role_assignment a "  \
                    "WHERE a.principal = ?6 AND (a.level = 0 OR (a.level = 3 AND a.catalog = catalog.id) " \
                    "OR (a.level = 1 AND a.subscription = catalog.subscription) OR " SQL_ROLE_OF_GROUP("catalog") "))) " \
                    "ORDER BY id LIMIT ?4 OFFSET ?5")                                       \
    X(CATALOG_INSERT, "INSERT INTO catalog (tenant, subscription, resource_group, name, tags, " \
                      "created_by, modified_by, created_ms, modified_ms) "                  \
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?7) RETURNING id")           \
    X(CATALOG_UPDATE, "UPDATE catalog SET tags = ?2, modified_by = ?3, modified_ms = ?4 WHERE id = ?1") \
    X(CATALOG_DELETE, "DELETE FROM catalog WHERE id = ?1")                                  \
    X(RESOURCE_GROUP_FIND, SQL_RESOURCE_GROUP "WHERE " SQL_GROUP_SEEN "AND g.subscription = ?2 AND g.name = ?3") \
    X(RESOURCE_GROUP_LIST, SQL_RESOURCE_GROUP "WHERE " SQL_GROUP_SEEN "AND g.subscription = ?2 AND g.id > ?3 " \
                           "ORDER BY g.id LIMIT ?4 OFFSET ?5")                              \
    X(RESOURCE_GROUP_ADD, "INSERT INTO resource_group (subscription, name, location, tags, created_by, created_ms) " \
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING")         \
    X(RESOURCE_GROUP_TAGS, "UPDATE resource_group SET tags = ?2 WHERE id = ?1")             \
    X(RESOURCE_GROUP_DELETE, "DELETE FROM resource_group WHERE id = ?1")                    \
    X(RESOURCE_GROUP_CATALOG, "SELECT id, tenant, name FROM catalog WHERE subscription = ?1 AND resource_group = ?2 " \
                              "ORDER BY id LIMIT 1")                                          \
    /* by its groups, and by roles at itself; positions of the two do not meet */             \
    X(SUBSCRIPTION_LIST, "SELECT min(s.subscription), min(s.id) FROM ("                       \
                         "SELECT g.subscription, 2 * g.id AS id FROM resource_group g WHERE " SQL_GROUP_SEEN \
                         "UNION ALL SELECT b.subscription, 2 * b.id + 1 FROM role_assignment b WHERE b.level = 1 " \
                         "AND (?1 = '' OR b.principal = ?1 OR EXISTS (SELECT 1 FROM role_assignment a " \
                         "WHERE a.principal = ?1 AND (a.level = 0 OR a.subscription = b.subscription)))" \
                         ") s WHERE (?2 = '' OR s.subscription = ?2) GROUP BY s.subscription HAVING min(s.id) > ?3 " \
                         "ORDER BY min(s.id) LIMIT ?4 OFFSET ?5")                           \
    X(PRODUCT_FIND, "SELECT id FROM product WHERE catalog = ?1 AND name = ?2")              \
    X(PRODUCT_ROW, SQL_PRODUCT "WHERE id = ?1")                                             \
    X(PRODUCT_LIST, SQL_PRODUCT "WHERE catalog = ?1 AND id > ?2 ORDER BY id LIMIT ?3 OFFSET ?4") \
    X(PRODUCT_INSERT, "INSERT INTO product (catalog, name, description) VALUES (?1, ?2, ?3) RETURNING id") \
    X(PRODUCT_UPDATE, "UPDATE product SET description = ?2 WHERE id = ?1")                  \
    X(PRODUCT_DELETE, "DELETE FROM product WHERE id = ?1")                                  \
    X(GROUP_FIND, "SELECT id FROM device_group WHERE product = ?1 AND name = ?2")           \
    X(GROUP_ROW, SQL_GROUP "WHERE g.id = ?1")                                               \
    X(GROUP_LIST, SQL_GROUP "WHERE p.catalog = ?1 AND (?2 = 0 OR g.product = ?2) "          \
                  "AND (?3 = '' OR g.name = ?3) AND g.id > ?4 ORDER BY g.id LIMIT ?5 OFFSET ?6") \
    X(GROUP_PRODUCT, "SELECT product FROM device_group WHERE id = ?1")                      \
    X(GROUP_INSERT, "INSERT INTO device_group (product, name, description, feed, policy, crash_dumps, " \
                    "boundary, sequence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id") \
    X(GROUP_UPDATE, "UPDATE device_group SET description = coalesce(?2, description), "     \
                    "feed = coalesce(?3, feed), policy = coalesce(?4, policy), "            \
                    "crash_dumps = coalesce(?5, crash_dumps), boundary = coalesce(?6, boundary), " \
                    "sequence = ?7 WHERE id = ?1")                                          \
    X(GROUP_TOUCH, "UPDATE device_group SET sequence = ?2 WHERE id = ?1")                   \
    X(GROUP_DELETE, "DELETE FROM device_group WHERE id = ?1")                               \
    X(DEVICE_FIND, "SELECT d.id, d.catalog, d.device_group, d.revoked_s, d.was_revoked FROM device d WHERE d.device_id = ?1") \
    X(DEVICE_ROW, SQL_DEVICE "WHERE d.id = ?1")                                             \
    X(DEVICE_STATE, "SELECT d.id, c.tenant, d.device_group, coalesce(g.feed, 0), d.hardware, d.revoked_s " \
                    "FROM device d LEFT JOIN catalog c ON c.id = d.catalog "                \
                    "LEFT JOIN device_group g ON g.id = d.device_group WHERE d.device_id = ?1") \
    /* all that an update check asks of the database, unless something changed: standing.h */ \
    X(DEVICE_STANDING, SQL_STANDING("") "WHERE d.device_id = ?1")                           \
    X(DEVICE_STANDING_PARTS, SQL_STANDING(", " SQL_PART("rollout_device") ", " SQL_PART("os_rollout_device")) \
                             "WHERE d.device_id = ?1")                                      \
    /* all that it can hang on */                                                           \
    X(DEVICE_WANTED, "SELECT d.id, c.tenant, d.device_group, coalesce(g.feed, 0), g.policy, " \
                     "g.crash_dumps, d.assignment_sequence, g.sequence, "                   \
                     "(SELECT max(x.id) FROM deployment x WHERE x.device_group = g.id), d.hardware, " \
                     "r.id, r.rollout, r.share, d.revoked_s, o.id, o.rollout, o.share, o.os_release, d.was_revoked, " \
                     "d.installed_os, (SELECT k.value FROM counter k WHERE k.name = 'generation'), " \
                     "(SELECT k.value FROM counter k WHERE k.name = 'feed0'), "             \
                     "(SELECT k.value FROM counter k WHERE k.name = 'feed1'), "             \
                     "rd.state, rd.silent, od.state, od.silent, d.catalog "                 \
                     "FROM device d LEFT JOIN catalog c ON c.id = d.catalog "               \
                     "LEFT JOIN device_group g ON g.id = d.device_group "                   \
                     "LEFT JOIN rollout r ON r.device_group = g.id AND r.state IN (1, 2) "   \
                     "LEFT JOIN rollout_device rd ON rd.rollout = r.id AND rd.device = d.id " \
                     "LEFT JOIN os_rollout o ON o.hardware = d.hardware AND o.state IN (1, 2) " \
                     "AND coalesce(g.feed, 0) = 0 "                                         \
                     "LEFT JOIN os_rollout_device od ON od.rollout = o.id AND od.device = d.id " \
                     "WHERE d.device_id = ?1")                                              \
    SQL_DEVICE_LIST(X, DEVICE_LIST_ALL, "", "?1", "?2", "?3", "?4", "?5")                   \
    SQL_DEVICE_LIST(X, DEVICE_LIST_CATALOG, "d.catalog = ?1 AND ", "?2", "?3", "?4", "?5", "?6") \
    SQL_DEVICE_LIST(X, DEVICE_LIST_GROUP, "d.device_group = ?1 AND ", "?2", "?3", "?4", "?5", "?6") \
    SQL_DEVICE_LIST(X, DEVICE_LIST_UNASSIGNED, "d.catalog = ?1 AND d.device_group IS NULL AND ", \
                    "?2", "?3", "?4", "?5", "?6")                                           \
    X(DEVICE_COUNT_ADD, "INSERT INTO device_count (catalog, device_group, count) VALUES (?1, ?2, ?3) " \
                        "ON CONFLICT (coalesce(catalog, 0), coalesce(device_group, 0)) "    \
                        "DO UPDATE SET count = device_count.count + excluded.count")        \
    X(DEVICE_COUNT_CATALOG, "SELECT " SQL_SUM("c.count") " FROM device_count c WHERE c.catalog = ?1") \
    X(DEVICE_COUNT_PRODUCT, "SELECT " SQL_SUM("c.count") " FROM device_group g "            \
                            "JOIN device_count c ON c.device_group = g.id WHERE g.product = ?1") \
    X(DEVICE_COUNT_GROUP, "SELECT " SQL_SUM("c.count") " FROM device_count c WHERE c.device_group = ?1") \
    X(DEVICE_COUNT_UNASSIGNED, "SELECT " SQL_SUM("c.count") " FROM device_count c "         \
                               "WHERE coalesce(c.catalog, 0) = ?1 AND coalesce(c.device_group, 0) = 0") \
    X(DEVICE_INSERT, "INSERT INTO device (device_id, chip_sku, registered_ms) VALUES (?1, ?2, ?3) RETURNING id") \
    X(DEVICE_ASSIGN, "UPDATE device SET catalog = ?2, device_group = ?3, "                  \
                     "assignment_sequence = ?4 WHERE id = ?1")                              \
    X(DEVICE_SEEN_INSERT, "INSERT INTO device_seen (device, last_s) VALUES (?1, 0)")        \
    /* more than an hour ahead: by a clock that was set back since */                       \
    X(DEVICE_CHECKIN, "UPDATE device_seen SET last_s = CASE WHEN last_s > ?1 + 3600 THEN ?1 ELSE greatest(last_s, ?1) END " \
                      "WHERE device IN (?2, ?3, ?4, ?5, ?6, "                                \
                      "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)") \
    X(DEVICE_HARDWARE_SET, "UPDATE device SET hardware = ?2 WHERE device_id = ?1")          \
    X(DEVICE_HARDWARE_LEARN, "UPDATE device SET hardware = coalesce((SELECT r.hardware FROM os_release r " \
                             "WHERE r.version = device.installed_os), 0) "                  \
                             "WHERE hardware = 0 AND installed_os <> ''")                   \
    X(DEVICE_OS_SET, "UPDATE device SET last_os_update_s = ?3, installed_os = ?2 WHERE device_id = ?1") \
    X(IMAGE_FIND, "SELECT id, digest, type, component, reference FROM image WHERE catalog = ?1 AND image = ?2") \
    X(IMAGE_FIND_OS, "SELECT id, digest, type, component, reference FROM image "            \
                       "WHERE catalog IS NULL AND image = ?1")                               \
    X(IMAGE_OF_ROW, SQL_WANTED "WHERE i.id = ?1")                                            \
    X(IMAGE_ROW, SQL_IMAGE "WHERE i.id = ?1")                                               \
    X(IMAGE_LIST, SQL_IMAGE "WHERE i.catalog = ?1 AND i.id > ?2 ORDER BY i.id LIMIT ?3 OFFSET ?4") \
    X(IMAGE_OF_DEPLOYMENT, SQL_IMAGE "JOIN deployment_image x ON x.image = i.id "           \
                           "WHERE x.deployment = ?1 ORDER BY i.id")                         \
    X(IMAGE_OF_RELEASE, SQL_IMAGE "JOIN os_release_image x ON x.image = i.id "              \
                        "WHERE x.os_release = ?1 ORDER BY i.id")                            \
    X(IMAGE_INSERT, "INSERT INTO image (catalog, image, component, type, name, boundary, digest, " \
                    "reference, bytes, provides_version, provides_type, depends_version, "  \
                    "depends_type, created_ms) "                                            \
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) RETURNING id") \
    X(IMAGE_DELETE, "DELETE FROM image WHERE id = ?1")                                      \
    X(IMAGE_DIGEST_USED, "SELECT 1 FROM image WHERE digest = ?1 LIMIT 1")                   \
    X(DATA_KEY_GET, "SELECT wrapped FROM data_key WHERE number = 1")                        \
    X(DATA_KEY_PUT, "INSERT INTO data_key VALUES (1, ?1, ?2) "                              \
                    "ON CONFLICT (number) DO UPDATE SET wrapped = excluded.wrapped")        \
    X(IMAGE_DIGESTS, "SELECT DISTINCT digest FROM image")                                   \
    X(CHUNK_PUT, "INSERT INTO image_chunk VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")      \
    X(CHUNK_GET, "SELECT bytes FROM image_chunk WHERE digest = ?1 AND number = ?2")         \
    X(CHUNK_REMOVE, "DELETE FROM image_chunk WHERE digest = ?1 "                            \
                    "AND NOT EXISTS (SELECT 1 FROM image WHERE digest = ?1)")               \
    X(CHUNK_SWEEP, "DELETE FROM image_chunk WHERE NOT EXISTS "                              \
                   "(SELECT 1 FROM image i WHERE i.digest = image_chunk.digest)")           \
    X(WANTED_APPLICATIONS, SQL_WANTED "JOIN deployment_image x ON x.image = i.id "          \
                           "WHERE x.deployment = ?1 ORDER BY i.id")                         \
    X(WANTED_ROLLOUT, SQL_WANTED "JOIN rollout_image x ON x.image = i.id WHERE x.rollout = ?1 ORDER BY i.id") \
    X(WANTED_OS, SQL_WANTED "JOIN os_release_image x ON x.image = i.id "                    \
                 "WHERE i.type IN (6, 7, 8, 9) AND x.os_release = (SELECT r.id FROM os_release r "      \
                 "WHERE r.feed <= ?1 AND r.hardware = ?2 AND r.state <> 3 "             \
                 "ORDER BY r.id DESC LIMIT 1) ORDER BY i.id")                               \
    X(WANTED_OS_ROLLOUT, SQL_WANTED "JOIN os_release_image x ON x.image = i.id "            \
                         "WHERE i.type IN (6, 7, 8, 9) AND x.os_release = ?1 ORDER BY i.id") \
    X(WANTED_KEYSTORES, SQL_WANTED "WHERE i.type = 19 AND i.catalog IS NULL AND EXISTS (SELECT 1 FROM os_release r " \
                        "JOIN os_release_image x ON x.os_release = r.id WHERE x.image = i.id "  \
                        "AND (r.feed <= ?1 OR r.id = ?3) AND r.hardware = ?2 AND r.state <> 3) ORDER BY i.id") \
    X(DEPLOYMENT_FIND, "SELECT id FROM deployment WHERE device_group = ?1 AND deployment = ?2") \
    X(DEPLOYMENT_NAMED, "SELECT 1 FROM deployment WHERE deployment = ?1")                   \
    X(DEPLOYMENT_CURRENT, "SELECT max(id) FROM deployment WHERE device_group = ?1")         \
    X(DEPLOYMENT_ROW, SQL_DEPLOYMENT "WHERE d.id = ?1")                                     \
    X(DEPLOYMENT_LIST, SQL_DEPLOYMENT "WHERE p.catalog = ?1 AND (?2 = 0 OR g.id = ?2) "     \
                       "AND d.id > ?3 ORDER BY d.id LIMIT ?4 OFFSET ?5")                    \
    X(DEPLOYMENT_INSERT, "INSERT INTO deployment (device_group, deployment, created_ms) VALUES (?1, ?2, ?3) RETURNING id") \
    X(DEPLOYMENT_ADD, "INSERT INTO deployment_image VALUES (?1, ?2)")                       \
    X(DEPLOYMENT_DELETE, "DELETE FROM deployment WHERE id = ?1")                            \
    X(RELEASE_FIND, "SELECT id, feed, state, hardware FROM os_release WHERE version = ?1")  \
    X(RELEASE_NEWEST, "SELECT coalesce(max(id), 0) FROM os_release WHERE feed = ?1 AND hardware = ?2 AND state <> 3") \
    X(RELEASE_STATE, "SELECT feed FROM os_release WHERE id = ?1")                           \
    X(RELEASE_ROW, SQL_RELEASE "WHERE id = ?1")                                             \
    X(RELEASE_LIST, SQL_RELEASE "WHERE id > ?1 ORDER BY id LIMIT ?2 OFFSET ?3")             \
    X(RELEASE_INSERT, "INSERT INTO os_release (version, feed, state, sequence, created_ms, hardware) " \
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id")                       \
    X(RELEASE_UPDATE, "UPDATE os_release SET feed = ?2, state = ?3, sequence = ?4 WHERE id = ?1") \
    X(RELEASE_HAS, "SELECT (SELECT count(*) FROM os_release_image WHERE os_release = ?1), " \
                   "(SELECT count(*) FROM os_release_image WHERE os_release = ?1 AND image = ?2)") \
    X(RELEASE_UNSTATED, "SELECT min(id) FROM os_release WHERE hardware = 0 AND id > ?1")   \
    X(RELEASE_IMAGES, "SELECT i.digest, i.type FROM image i JOIN os_release_image x ON x.image = i.id " \
                      "WHERE x.os_release = ?1")                                            \
    X(RELEASE_HARDWARE_SET, "UPDATE os_release SET hardware = ?2 WHERE id = ?1")            \
    X(RELEASE_ELSEWHERE, "SELECT 1 FROM os_release r JOIN os_release_image x ON x.os_release = r.id " \
                         "WHERE x.image = ?1 AND r.hardware <> 0 AND r.hardware <> ?2 LIMIT 1") \
    X(RELEASE_ADD, "INSERT INTO os_release_image VALUES (?1, ?2)")                          \
    X(RELEASE_OF_IMAGE, "SELECT r.version, r.hardware FROM os_release r JOIN os_release_image x "       \
                        "ON x.os_release = r.id JOIN image i ON i.id = x.image "            \
                        "WHERE i.catalog IS NULL AND i.image = ?1 ORDER BY r.id DESC LIMIT 1") \
    X(REFERENCE_LIST, "SELECT i.type, i.component, i.reference, min(r.state), "             \
                      "CASE WHEN min(r.hardware) = max(r.hardware) THEN min(r.hardware) ELSE 0 END FROM image i " \
                      "JOIN os_release_image x ON x.image = i.id "                          \
                      "JOIN os_release r ON r.id = x.os_release "                           \
                      "GROUP BY i.type, i.component, i.reference "                          \
                      "ORDER BY max(r.id) DESC LIMIT ?1")                                   \
    X(CERTIFICATE_INSERT, "INSERT INTO certificate VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")    \
    /* One that is good is never forgotten: revoking the device has to name it. */          \
    X(CERTIFICATE_PRUNE, "DELETE FROM certificate WHERE device = ?1 AND not_after_s <= ?2") \
    /* A row: the device has more than ?3 that have not run out. */                         \
    X(CERTIFICATE_FULL, "SELECT 1 FROM certificate WHERE device = ?1 AND not_after_s > ?2 "  \
                        "ORDER BY not_after_s LIMIT 1 OFFSET ?3")                           \
    X(EVENT_FIND, "SELECT id FROM event WHERE device = ?1 AND category = ?2 AND description = ?3 " \
                  "AND coalesce(catalog, 0) = ?5 AND first_s <= ?4 AND first_s > ?4 - 86400 ORDER BY first_s LIMIT 1")    \
    X(EVENT_COUNT, "UPDATE event SET count = least(count + ?2, 2147483647), "                 \
                   "last_s = greatest(last_s, ?3) WHERE id = ?1")                                \
    X(EVENT_INSERT, "INSERT INTO event (device, catalog, category, description, first_s, last_s, count, of_os) " \
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, least(?7, 2147483647), ?8)")           \
    X(EVENT_EXPIRE, "DELETE FROM event WHERE device = ?1 AND last_s < ?2")                  \
    /* Of the catalog that owns the device: a former owner's stay. */                       \
    X(EVENT_PRUNE, "DELETE FROM event WHERE device = ?1 AND coalesce(catalog, 0) = ?2 AND id <= " \
                   "(SELECT e.id FROM event e WHERE e.device = ?1 AND coalesce(e.catalog, 0) = ?2 " \
                   "ORDER BY e.id DESC LIMIT 1 OFFSET 1000)")                               \
    X(COMPONENT_OF_OS, "SELECT 1 FROM image WHERE catalog IS NULL AND component = ?1 LIMIT 1") \
    X(EVENT_LIST, "SELECT d.device_id, e.category, e.description, e.first_s, e.last_s, e.count, e.of_os, e.id " \
                  "FROM event e JOIN device d ON d.id = e.device "                          \
                  "WHERE e.catalog = ?1 AND e.last_s >= ?2 AND e.id < ?3 AND e.id > coalesce(" \
                  "(SELECT n.id FROM event n WHERE n.catalog = ?1 AND n.last_s >= ?2 "      \
                  " ORDER BY n.id DESC LIMIT 1 OFFSET 1000), 0) "                           \
                  "ORDER BY e.id DESC LIMIT ?4 OFFSET ?5")                                  \
    X(CRASH_FIND, "SELECT id FROM crash_group WHERE catalog = ?1 AND component = ?2 AND image = ?3 " \
                  "AND signal = ?4 AND site = ?5")                                          \
    X(CRASH_INSERT, "INSERT INTO crash_group (crash_group, catalog, component, image, signal, site, first_s, " \
                    "last_s, count, devices, last_hour, growing_s) "                        \
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, ?9, 0) RETURNING id")    \
    X(CRASH_COUNT, "UPDATE crash_group SET count = least(count + ?2, 9000000000000000), "   \
                   "first_s = least(first_s, ?3), last_s = greatest(last_s, ?4), "          \
                   "devices = devices + ?5, last_hour = greatest(last_hour, ?6) WHERE id = ?1") \
    X(CRASH_DEVICE_SET, "INSERT INTO crash_device (crash_group, device, hour, counted, count, first_s, last_s) " \
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "                              \
                        "ON CONFLICT (crash_group, device) DO UPDATE SET hour = excluded.hour, " \
                        "counted = excluded.counted, count = least(crash_device.count + excluded.count, 9000000000000000), " \
                        "first_s = CASE WHEN crash_device.first_s = 0 THEN excluded.first_s "  \
                        "ELSE least(crash_device.first_s, excluded.first_s) END, "          \
                        "last_s = greatest(crash_device.last_s, excluded.last_s)")          \
    /* Where it stands now, unless it is another owner's: that is nobody's business. */     \
    X(CRASH_DEVICE_LIST, "SELECT d.device_id, CASE WHEN d.catalog = c.catalog THEN 1 ELSE 0 END, p.name, g.name, " \
                         "x.count, x.first_s, x.last_s, x.device FROM crash_device x "      \
                         "JOIN crash_group c ON c.id = x.crash_group JOIN device d ON d.id = x.device " \
                         "LEFT JOIN device_group g ON g.id = d.device_group AND d.catalog = c.catalog " \
                         "LEFT JOIN product p ON p.id = g.product "                         \
                         "WHERE x.crash_group = ?1 AND x.device > ?2 ORDER BY x.device LIMIT ?3 OFFSET ?4") \
    X(CRASH_DEVICE_FIND, "SELECT hour, counted FROM crash_device WHERE crash_group = ?1 AND device = ?2") \
    X(CRASH_OF_DEVICE, "SELECT count(*) FROM (SELECT 1 FROM crash_device d JOIN crash_group g ON g.id = d.crash_group " \
                       "WHERE d.device = ?1 AND g.catalog = ?3 AND g.last_hour >= ?4 LIMIT ?2) x") \
    X(CRASH_OF_CATALOG, "SELECT count(*) FROM (SELECT 1 FROM crash_group WHERE catalog = ?1 LIMIT ?2) x") \
    X(CRASH_DROP_OLDEST, "DELETE FROM crash_group WHERE id = (SELECT id FROM crash_group "  \
                         "WHERE catalog = ?1 ORDER BY last_hour, id LIMIT 1)")              \
    X(CRASH_PRUNE, "DELETE FROM crash_group WHERE catalog = ?1 AND last_hour < ?2")         \
    X(CRASH_HOUR_ADD, "INSERT INTO crash_hour VALUES (?1, ?2, least(?3, 1000000000000)) "   \
                      "ON CONFLICT (crash_group, hour) DO UPDATE SET "                      \
                      "count = least(crash_hour.count + excluded.count, 1000000000000)")    \
    X(CRASH_HOUR_PRUNE, "DELETE FROM crash_hour WHERE crash_group = ?1 AND (hour < ?2 OR hour > ?3)") \
    X(CRASH_GROWTH, "SELECT g.growing_s, " SQL_CRASH_RECENT("?1") ", " SQL_CRASH_BEFORE("?1") \
                    ", g.crash_group FROM crash_group g WHERE g.id = ?2")                   \
    X(CRASH_GROWING_SET, "UPDATE crash_group SET growing_s = ?2 WHERE id = ?1")             \
    X(CRASH_ACTIVE, "SELECT " SQL_CRASH_RECENT("?1") ", " SQL_CRASH_BEFORE("?1")            \
                    " FROM crash_group g WHERE g.last_hour >= ?1 - 1")                      \
    X(CRASH_NAMED, "SELECT id FROM crash_group WHERE catalog = ?1 AND crash_group = ?2")    \
    X(CRASH_GET, SQL_CRASH_GROUP "WHERE g.catalog = ?2 AND g.crash_group = ?3")             \
    X(CRASH_LIST, SQL_CRASH_GROUP "WHERE g.catalog = ?2 AND g.id < ?3 ORDER BY g.id DESC LIMIT ?4 OFFSET ?5") \
    X(DUMP_PLACE, "SELECT d.id, d.catalog, d.device_group, coalesce(g.crash_dumps, 0), c.tenant, d.revoked_s, d.was_revoked FROM device d " \
                  "LEFT JOIN device_group g ON g.id = d.device_group LEFT JOIN catalog c ON c.id = d.catalog " \
                  "WHERE d.device_id = ?1")                                                \
    X(DUMP_FIND, "SELECT id FROM crash_dump WHERE catalog = ?1 AND dump = ?2")              \
    /* Those of a former owner's catalog take no room from the next one. */                 \
    X(DUMP_OF_DEVICE, "SELECT count(*) FROM (SELECT 1 FROM crash_dump WHERE device = ?1 AND catalog = ?3 LIMIT ?2) x") \
    X(DUMP_OF_GROUP, "SELECT count(*) FROM (SELECT 1 FROM crash_dump WHERE device_group = ?1 LIMIT ?2) x") \
    X(DUMP_OF_CATALOG, "SELECT count(*) FROM (SELECT 1 FROM crash_dump WHERE catalog = ?1 LIMIT ?2) x") \
    X(DUMP_INSERT, "INSERT INTO crash_dump (dump, catalog, device_group, device, component, image, signal, crashed_s, " \
                   "received_s, expires_s, bytes, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)") \
    X(DUMP_EXPIRE, "DELETE FROM crash_dump WHERE expires_s <= ?1")                          \
    /* those of a clock that was ahead: from now on */                                      \
    X(DUMP_AHEAD, "UPDATE crash_dump SET received_s = ?1, expires_s = ?2 WHERE expires_s > ?2 + 86400 " \
                  "AND received_s > ?1 + 86400") \
    X(DUMP_FORGET, "DELETE FROM crash_dump WHERE device_group = ?1")                        \
    X(DUMP_LIST, SQL_DUMP "AND x.id < ?3 ORDER BY x.id DESC LIMIT ?4 OFFSET ?5")            \
    X(DUMP_GET, SQL_DUMP "AND x.dump = ?3")                                                 \
    X(DUMP_READ, "SELECT x.dump, x.component, x.sealed, c.tenant, x.id FROM crash_dump x JOIN catalog c ON c.id = x.catalog " \
                 "WHERE x.catalog = ?1 AND x.expires_s > ?2 AND x.dump = ?3")               \
    X(DUMP_DELETE, "DELETE FROM crash_dump WHERE catalog = ?1 AND expires_s > ?2 AND dump = ?3") \
    X(BATCH_INSERT, "INSERT INTO batch VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")         \
    X(BATCH_PRUNE, "DELETE FROM batch WHERE device = ?1 AND received_s < greatest(?2, coalesce(" \
                   "(SELECT b.received_s FROM batch b WHERE b.device = ?1 "                 \
                   " ORDER BY b.received_s DESC LIMIT 1 OFFSET 999), 0))")                  \
    X(OPERATION_INSERT, "INSERT INTO operation (operation, subscription, kind, error, detail, " \
                        "started_ms, ended_ms, principal, tenant, runner, lease_ms, attempts) "     \
                        "VALUES (?1, ?2, ?3, 0, '', ?4, 0, ?5, ?6, ?7, ?8, 1) RETURNING id")  \
    X(OPERATION_REQUEST_PUT, "INSERT INTO operation_request (operation, number, bytes) VALUES (?1, ?2, ?3)") \
    X(OPERATION_REQUEST_GET, "SELECT bytes FROM operation_request WHERE operation = ?1 ORDER BY number") \
    X(OPERATION_REQUEST_DELETE, "DELETE FROM operation_request WHERE operation IN " \
                                "(SELECT id FROM operation WHERE operation = ?1)")            \
    X(OPERATION_END, "UPDATE operation SET error = ?2, detail = ?3, ended_ms = ?4, outcome = ?5 " \
                     "WHERE operation = ?1 AND ended_ms = 0")                               \
    X(OPERATION_FIND, "SELECT id, ended_ms, subscription, kind, principal FROM operation WHERE operation = ?1") \
    /* ?1: now; ?2: who asks, where another's lease is over at once, else NULL */             \
    /* a lease of more than a minute is of a clock that was set since */                   \
    X(OPERATION_DUE, SQL_JOB "WHERE ended_ms = 0 AND (lease_ms <= ?1 OR lease_ms > ?1 + 60000 OR runner <> ?2) " \
                     "ORDER BY id + 0 LIMIT ?3") /* + 0: by the index of those that run, not along all ids */ \
    X(OPERATION_TAKE, "UPDATE operation SET lease_ms = ?4, runner = ?5, attempts = attempts + 1 " \
                      "WHERE operation = ?3 AND ended_ms = 0 AND (lease_ms <= ?1 OR lease_ms > ?1 + 60000 OR runner <> ?2) " \
                      "AND " SQL_AT_WORK)                                                    \
    X(OPERATION_AT_WORK, "SELECT CASE WHEN " SQL_AT_WORK " THEN 1 ELSE 0 END FROM operation WHERE operation = ?1") \
    X(OPERATION_HOLD, "UPDATE operation SET lease_ms = ?2 WHERE operation = ?1 AND ended_ms = 0 AND runner = ?3") \
    X(OPERATION_JOB, SQL_JOB "WHERE operation = ?1")                                           \
    X(OPERATION_PRUNE, "DELETE FROM operation WHERE started_ms < ?1 AND (ended_ms > 0 OR runner IS NULL)") \
    X(OPERATION_GET, "SELECT operation, kind, error, detail, started_ms, ended_ms, outcome " \
                     "FROM operation WHERE operation = ?1 AND subscription = ?2 "            \
                     "AND (?3 = '' OR principal = ?3 OR EXISTS (SELECT 1 FROM role_assignment a " \
                     "WHERE a.principal = ?3 AND (a.level = 0 OR a.subscription = operation.subscription)))") \
    X(ROLLOUT_RUNNING, "SELECT id FROM rollout WHERE device_group = ?1 AND state IN (1, 2)") \
    X(ROLLOUT_FIND, "SELECT id, state FROM rollout WHERE device_group = ?1 AND rollout = ?2") \
    X(ROLLOUT_ROW, SQL_ROLLOUT "WHERE r.id = ?1")                                           \
    X(ROLLOUT_LIST, SQL_ROLLOUT "WHERE r.device_group = ?1 AND r.id > ?2 ORDER BY r.id LIMIT ?3 OFFSET ?4") \
    X(ROLLOUT_INSERT, "INSERT INTO rollout (rollout, device_group, state, steps, step, share, soak_s, threshold, minimum, " \
                      "step_ms, reason, created_by, created_ms, changed_ms, silent_checks) " \
                      "VALUES (?1, ?2, 1, ?3, 0, ?4, ?5, ?6, ?7, ?8, '', ?9, ?8, ?8, ?10) RETURNING id") \
    X(ROLLOUT_ADD, "INSERT INTO rollout_image VALUES (?1, ?2)")                             \
    SQL_ROLLOUT_KIND(X, ROLLOUT, "rollout", "device_group")                                 \
    SQL_ROLLOUT_KIND(X, OS_ROLLOUT, "os_rollout", "os_release")                             \
    /* Devices that a rollout was offered to: what they are, and whether one would have heard of it. */ \
    X(ROLLOUT_HEARS, "SELECT x.device, x.state, CASE WHEN d.device_group = r.device_group AND d.revoked_s = 0 " \
                     "AND greatest(" SQL_LAST_REQUEST ", x.since_s) < ?4 THEN 1 ELSE 0 END, x.since_s FROM rollout_device x " \
                     "JOIN device d ON d.id = x.device JOIN rollout r ON r.id = x.rollout " \
                     "WHERE x.rollout = ?1 AND x.device > ?2 AND x.state IN (1, 2) AND x.silent = 0 " \
                     "ORDER BY x.device LIMIT ?3")                                          \
    X(OS_ROLLOUT_HEARS, "SELECT x.device, x.state, CASE WHEN d.hardware = r.hardware AND d.revoked_s = 0 " \
                        "AND coalesce(g.feed, 0) = 0 AND greatest(" SQL_LAST_REQUEST ", x.since_s) < ?4 THEN 1 ELSE 0 END, x.since_s " \
                        "FROM os_rollout_device x JOIN device d ON d.id = x.device JOIN os_rollout r ON r.id = x.rollout " \
                        "LEFT JOIN device_group g ON g.id = d.device_group "                \
                        "WHERE x.rollout = ?1 AND x.device > ?2 AND x.state IN (1, 2) AND x.silent = 0 " \
                        "ORDER BY x.device LIMIT ?3")                                       \
    X(ROLLOUT_OF_DEVICE, "SELECT r.id FROM rollout_device x JOIN rollout r ON r.id = x.rollout " \
                         "JOIN device d ON d.id = x.device AND d.device_group = r.device_group " \
                         "WHERE x.device = ?1 AND r.state IN (1, 2)")                       \
    X(ROLLOUT_HAS, "SELECT 1 FROM rollout_image x JOIN image i ON i.id = x.image "          \
                   "WHERE x.rollout = ?1 AND (i.image = ?2 OR i.component = ?3)")           \
    X(OS_ROLLOUT_OF_DEVICE, "SELECT r.id FROM os_rollout_device x JOIN os_rollout r ON r.id = x.rollout " \
                            "JOIN device d ON d.id = x.device AND d.hardware = r.hardware " \
                            "LEFT JOIN device_group g ON g.id = d.device_group "            \
                            "WHERE x.device = ?1 AND r.state IN (1, 2) AND coalesce(g.feed, 0) = 0") \
    X(OS_ROLLOUT_HAS, "SELECT 1 FROM os_rollout r JOIN os_release_image x ON x.os_release = r.os_release " \
                      "JOIN image i ON i.id = x.image WHERE r.id = ?1 AND (i.image = ?2 OR i.component = ?3)") \
    X(OS_ROLLOUT_RUNNING, "SELECT id FROM os_rollout WHERE hardware = ?1 AND state IN (1, 2)") \
    X(OS_ROLLOUT_OF_RELEASE, "SELECT id FROM os_rollout WHERE os_release = ?1 AND state IN (1, 2)") \
    X(OS_ROLLOUT_FIND, "SELECT id, state FROM os_rollout WHERE rollout = ?1")               \
    X(OS_ROLLOUT_ROW, SQL_OS_ROLLOUT "WHERE r.id = ?1")                                     \
    X(OS_ROLLOUT_LIST, SQL_OS_ROLLOUT "WHERE r.id > ?1 ORDER BY r.id LIMIT ?2 OFFSET ?3")   \
    X(OS_ROLLOUT_INSERT, "INSERT INTO os_rollout (rollout, os_release, hardware, state, steps, step, share, soak_s, " \
                         "threshold, minimum, step_ms, reason, created_by, created_ms, changed_ms, silent_checks) " \
                         "VALUES (?1, ?2, ?10, 1, ?3, 0, ?4, ?5, ?6, ?7, ?8, '', ?9, ?8, ?8, ?11) RETURNING id") \
    X(ROLLOUT_IMAGES, SQL_IMAGE "JOIN rollout_image x ON x.image = i.id WHERE x.rollout = ?1 ORDER BY i.id") \
    X(ROLLOUT_FORGET, "DELETE FROM rollout_image WHERE image = ?1 "                         \
                      "AND rollout IN (SELECT id FROM rollout WHERE state > 2)")            \
    X(ROLLOUT_DEPLOY, "INSERT INTO deployment_image (deployment, image) "                   \
                      "SELECT ?1, x.image FROM rollout_image x WHERE x.rollout = ?2")       \
    X(HANDOVER_PUT, "INSERT INTO handover (device, catalog, name, created_by, expires_s) VALUES (?1, ?2, ?3, ?4, ?5) " \
                    "ON CONFLICT (device) DO UPDATE SET catalog = excluded.catalog, name = excluded.name, " \
                    "created_by = excluded.created_by, expires_s = excluded.expires_s")     \
    X(HANDOVER_FIND, "SELECT catalog FROM handover WHERE device = ?1 AND name = ?2")        \
    X(HANDOVER_DELETE, "DELETE FROM handover WHERE device = ?1")                            \
    X(ROLE_DEVICE_DELETE, "DELETE FROM role_assignment WHERE level = 6 AND device = ?1")    \
    /* the last: it is given above the catalog ?2, or where there is none above ?3 and ?4 */  \
    X(ROLE_OF_PRINCIPAL, "SELECT a.level, a.role, a.catalog, a.product, a.device_group, a.device, CASE " \
                         "WHEN a.level = 1 AND a.subscription = coalesce(c.subscription, ?3) THEN 1 " \
                         "WHEN a.level = 2 AND EXISTS (SELECT 1 FROM resource_group r WHERE r.id = a.resource_group " \
                         "AND r.subscription = coalesce(c.subscription, ?3) AND r.name = coalesce(c.resource_group, ?4)) THEN 1 " \
                         "ELSE 0 END FROM role_assignment a LEFT JOIN catalog c ON c.id = ?2 WHERE a.principal = ?1") \
    X(ROLE_FIND, "SELECT id, principal, role, level, coalesce(catalog, 0), coalesce(product, 0), " \
                 "coalesce(device_group, 0), coalesce(device, 0), coalesce(resource_group, 0), subscription " \
                 "FROM role_assignment WHERE assignment = ?1")                              \
    X(ROLE_ROW, SQL_ROLE "WHERE a.id = ?1")                                                 \
    X(ROLE_LIST, SQL_ROLE "WHERE " SQL_ROLE_STANDS                                          \
                 "AND (?9 = '' OR a.level = 0 OR c.subscription = ?9 OR r.subscription = ?9 OR a.subscription = ?9) " \
                 "AND (?10 = '' OR a.level <= 1 OR c.resource_group = ?10 OR r.name = ?10) " \
                 "AND (?1 = 0 OR a.level <= 2 OR a.catalog = ?1) "                          \
                 "AND (?2 = 0 OR a.level <= 3 OR p.id = ?2) "                               \
                 "AND (?3 = 0 OR a.level <= 4 OR g.id = ?3) "                               \
                 "AND (?4 = 0 OR a.level <= 5 OR a.device = ?4) "                           \
                 "AND (?8 = 0 OR a.level <= 3 OR (a.level = 6 AND g.id IS NULL)) "          \
                 "AND a.level <= ?11 "                                                      \
                 "AND a.id > ?5 ORDER BY a.id LIMIT ?6 OFFSET ?7")                          \
    X(ROLE_INSERT, "INSERT INTO role_assignment (assignment, principal, role, level, catalog, product, " \
                   "device_group, device, created_by, created_ms, subscription, resource_group) " \
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id")         \
    X(ROLE_DELETE, "DELETE FROM role_assignment WHERE id = ?1")                             \
    X(ROLE_OWNERS, "SELECT principal FROM role_assignment WHERE level = 0 AND role = 4 AND id <> ?1") \
    X(AUDIT_LAST, "SELECT sequence, digest FROM audit ORDER BY sequence DESC LIMIT 1")      \
    X(AUDIT_INSERT, "INSERT INTO audit (sequence, time_ms, principal, action, path, detail, outcome, " \
                    "request_id, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")      \
    X(AUDIT_LIST, "SELECT time_ms, principal, action, path, detail, outcome, request_id, digest, sequence " \
                  "FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2 OFFSET ?3")    \
    X(AUDIT_AT, "SELECT digest, time_ms FROM audit WHERE sequence = ?1")                    \
    X(AUDIT_PRUNE, "DELETE FROM audit WHERE sequence <= ?1")                                \
    X(CHECKPOINT_INSERT, "INSERT INTO audit_checkpoint (sequence, time_ms, digest, signature) VALUES (?1, ?2, ?3, ?4)") \
    X(CHECKPOINT_LAST, "SELECT sequence, digest FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1") \
    X(CHECKPOINT_LIST, "SELECT time_ms, digest, signature, sequence FROM audit_checkpoint " \
                       "WHERE sequence > ?1 ORDER BY sequence LIMIT ?2 OFFSET ?3")          \
    X(CATALOG_OF_TENANT, "SELECT id FROM catalog WHERE tenant = ?1")                        \
    X(CA_LIST, "SELECT number, serial, anchor_serial, not_before_s, not_after_s, active_s, revoked_s, sealed " \
               "FROM catalog_ca WHERE tenant = ?1 ORDER BY number DESC LIMIT ?2")           \
    X(CA_INSERT, "INSERT INTO catalog_ca (tenant, number, serial, anchor_serial, not_before_s, not_after_s, " \
                 "active_s, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "               \
                 "ON CONFLICT (tenant, number) DO NOTHING")                                 \
    X(CA_COUNT, "SELECT count(*) FROM catalog_ca")                                             \
    X(CA_PAGE, "SELECT number, serial, anchor_serial, not_before_s, not_after_s, active_s, revoked_s, sealed, tenant " \
               "FROM catalog_ca WHERE ?1 = 1 OR (tenant, number) > (?2, ?3) ORDER BY tenant, number LIMIT ?4") \
    X(CA_RESEAL, "UPDATE catalog_ca SET sealed = ?4 WHERE tenant = ?1 AND number = ?2 AND serial = ?3") \
    X(CA_DUE, "SELECT c.tenant FROM catalog c WHERE EXISTS (SELECT 1 FROM catalog_ca a WHERE a.tenant = c.tenant) " \
              "AND NOT EXISTS (SELECT 1 FROM catalog_ca a WHERE a.tenant = c.tenant "       \
              "AND a.not_after_s > ?1 AND a.not_before_s <= ?1 AND a.revoked_s = 0) ORDER BY c.id LIMIT ?2") \
    X(CA_FIND, "SELECT number, not_after_s, revoked_s, serial, anchor_serial, not_before_s FROM catalog_ca " \
               "WHERE tenant = ?1 AND (serial = ?2 OR anchor_serial = ?2)")                 \
    X(CA_OF_SERIAL, "SELECT tenant, serial FROM catalog_ca WHERE serial = ?1 OR anchor_serial = ?1") \
    X(CA_REVOKE, "UPDATE catalog_ca SET revoked_s = ?3 WHERE tenant = ?1 AND number = ?2 AND revoked_s = 0") \
    X(CA_REVOKE_ALL, "UPDATE catalog_ca SET revoked_s = ?2 WHERE tenant = ?1 AND revoked_s = 0") \
    X(CA_REVOKE_ALL_CAS, "INSERT INTO revocation (authority, tenant, serial, reason, revoked_s, not_after_s, " \
                         "name, revoked_by) SELECT ?2, ?3, serial, ?4, ?5, not_after_s, '', ?6 " \
                         "FROM catalog_ca WHERE tenant = ?1 AND revoked_s = 0 ON CONFLICT DO NOTHING") \
    X(CA_REVOKE_ALL_ANCHORS, "INSERT INTO revocation (authority, tenant, serial, reason, revoked_s, not_after_s, " \
                             "name, revoked_by) SELECT ?2, ?3, anchor_serial, ?4, ?5, not_after_s, '', ?6 " \
                             "FROM catalog_ca WHERE tenant = ?1 AND revoked_s = 0 ON CONFLICT DO NOTHING") \
    /* The first word counts; the one that takes it back (?2: 0) always. */                 \
    X(DEVICE_REVOKE, "UPDATE device SET revoked_s = ?2, revoked_reason = ?3, revoked_by = ?4, was_revoked = 1 " \
                     "WHERE id = ?1 AND (revoked_s = 0 OR ?2 = 0)")                         \
    X(DEVICE_REVOKER_FORGET, "UPDATE device SET revoked_by = '' WHERE id = ?1 AND revoked_s > 0") \
    X(REVOKED_DEVICE_LIST, SQL_REVOKED_DEVICE "AND d.id > ?2 ORDER BY d.id LIMIT ?3 OFFSET ?4") \
    X(REVOKED_DEVICE_FIND, SQL_REVOKED_DEVICE "AND d.id = ?2")                              \
    X(CERTIFICATE_REVOKED, "SELECT 1 FROM revocation WHERE authority IN (3, 4) AND tenant = ?1 AND serial = ?2") \
    X(DEVICE_CERTIFICATES_REVOKE, "INSERT INTO revocation (authority, tenant, serial, reason, revoked_s, " \
                                  "not_after_s, name, revoked_by, owner, device) "          \
                                  "SELECT kind + 2, tenant, serial, ?2, ?3, not_after_s, '', ?4, ?5, device " \
                                  "FROM certificate WHERE device = ?1 AND not_after_s > ?3 ON CONFLICT DO NOTHING") \
    X(REVOCATION_INSERT, "INSERT INTO revocation (authority, tenant, serial, reason, revoked_s, not_after_s, " \
                         "name, revoked_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING") \
    X(REVOCATION_FIND, "SELECT 1 FROM revocation WHERE authority = ?1 AND tenant = ?2 AND serial = ?3") \
    X(REVOCATION_ROW, SQL_REVOKED "WHERE authority = ?1 AND tenant = ?2 AND serial = ?3")   \
    X(REVOCATION_LIST, SQL_REVOKED "WHERE authority = ?1 AND id > ?2 ORDER BY id LIMIT ?3 OFFSET ?4") \
    X(REVOCATION_LAST, "SELECT coalesce(max(id), 0) FROM revocation WHERE authority = ?1 AND tenant = ?2") \
    /* In turns: of every owner the newest certificate of each device, then the one before, and so on. */ \
    X(REVOCATION_ENTRIES, "SELECT y.serial, y.revoked_s, y.reason FROM (SELECT x.id, x.serial, x.revoked_s, x.reason, " \
                          "row_number() OVER (PARTITION BY x.owner ORDER BY x.turn, x.id) AS place FROM (" \
                          "SELECT id, serial, revoked_s, reason, owner, row_number() OVER (" \
                          "PARTITION BY owner, device ORDER BY not_after_s DESC, id DESC) AS turn " \
                          "FROM revocation WHERE authority = ?1 AND tenant = ?2 "          \
                          "AND (not_after_s = 0 OR not_after_s > ?3)) x) y ORDER BY y.place, y.id LIMIT ?4") \
    X(CRL_GET, "SELECT number, revision, this_s, next_s, der FROM crl "                     \
               "WHERE authority = ?1 AND tenant = ?2 AND ca = ?3")                          \
    X(CRL_PUT, "INSERT INTO crl (authority, tenant, ca, number, revision, this_s, next_s, der) " \
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (authority, tenant, ca) DO UPDATE " \
               "SET number = excluded.number, revision = excluded.revision, this_s = excluded.this_s, " \
               "next_s = excluded.next_s, der = excluded.der WHERE crl.number < excluded.number") \
    X(CA_ACTIVATE, "UPDATE catalog_ca SET active_s = least(active_s, ?3) WHERE tenant = ?1 AND number = ?2") \
    X(STATUS, "SELECT (SELECT count(*) FROM catalog), "                                     \
              "(SELECT " SQL_SUM("c.count") " FROM device_count c WHERE c.catalog IS NULL), " \
              "(SELECT count(*) FROM image)")

enum statement_id {
#define STATEMENT_ENUM(name, sql) STATEMENT_##name,
    STATEMENT_TABLE(STATEMENT_ENUM)
#undef STATEMENT_ENUM
    STATEMENT_COUNT
};

#endif
