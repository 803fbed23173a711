/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include <unistd.h>

#include "cli/output/output.h"
#include "cli/output/terminal.h"

static bool emit(yaml_emitter_t *to, json_t *value);

/* Plain where YAML reads it back as what it is, quoted else: libyaml knows when a plain scalar
 * is not possible, not when it would be no string any more. */
static bool emit_text(yaml_emitter_t *to, const char *text, bool string)
{
    yaml_event_t event;
    char *end;
    static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off", "~", "y", "n",
                                        ".inf", ".nan", "-.inf", "+.inf", "=", "<<"};
    bool quoted = string && *text == 0;
    for (size_t i = 0; string && i < sizeof words / sizeof *words; i++)
        quoted |= strcasecmp(text, words[i]) == 0;
    if (string && (strchr("0123456789+-.", *text))) {
        (void)strtod(text, &end);
        quoted |= end != text || strspn(text, "0123456789_:.xobT -+") == strlen(text);
    }
    char *safe = terminal_text(text, STDOUT_FILENO);
    bool ok = safe && yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)safe, -1, 1, 1,
                                                   quoted ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE) &&
              yaml_emitter_emit(to, &event);
    free(safe);
    return ok;
}

static bool emit_list(yaml_emitter_t *to, json_t *list)
{
    yaml_event_t event;
    size_t i;
    json_t *item;
    bool ok = yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE) &&
              yaml_emitter_emit(to, &event);
    json_array_foreach(list, i, item)
        ok = ok && emit(to, item);
    return ok && yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(to, &event);
}

static bool emit_object(yaml_emitter_t *to, json_t *object)
{
    yaml_event_t event;
    const char *key;
    json_t *item;
    bool ok = yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) &&
              yaml_emitter_emit(to, &event);
    json_object_foreach(object, key, item)
        ok = ok && emit_text(to, key, true) && emit(to, item);
    return ok && yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(to, &event);
}

static bool emit(yaml_emitter_t *to, json_t *value)
{
    if (json_is_array(value))
        return emit_list(to, value);
    if (json_is_object(value))
        return emit_object(to, value);
    if (json_is_string(value))
        return emit_text(to, json_string_value(value), true);
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    bool ok = text && emit_text(to, text, false);
    free(text);
    return ok;
}

int output_yaml(json_t *value)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (!yaml_emitter_initialize(&emitter))
        return fail(PERI_EXIT_ERROR, "out of memory");
    yaml_emitter_set_output_file(&emitter, stdout);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    bool ok = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(&emitter, &event) &&
              yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) && yaml_emitter_emit(&emitter, &event) &&
              emit(&emitter, value) && yaml_document_end_event_initialize(&event, 1) &&
              yaml_emitter_emit(&emitter, &event) && yaml_stream_end_event_initialize(&event) &&
              yaml_emitter_emit(&emitter, &event);
    char why[128];
    snprintf(why, sizeof why, "%s", emitter.problem ? emitter.problem : "out of memory");
    yaml_emitter_delete(&emitter);
    return ok ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "cannot write YAML: %s", why);
}
