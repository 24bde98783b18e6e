// The files of the console, in the binary. Each file of `assets` stands here; a test compares the two.

#include "CConsole.h"
#include <limits.h>
#include <zlib.h>

// Clang has #embed for C of any age, and says that it is from C23.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t api_js[] = {
#embed "assets/api.js"
};
static const uint8_t app_js[] = {
#embed "assets/app.js"
};
static const uint8_t body_js[] = {
#embed "assets/body.js"
};
static const uint8_t chart_js[] = {
#embed "assets/chart.js"
};
static const uint8_t command_js[] = {
#embed "assets/command.js"
};
static const uint8_t copy_js[] = {
#embed "assets/copy.js"
};
static const uint8_t dialog_js[] = {
#embed "assets/dialog.js"
};
static const uint8_t dom_js[] = {
#embed "assets/dom.js"
};
static const uint8_t icon_svg[] = {
#embed "assets/icon.svg"
};
static const uint8_t index_html[] = {
#embed "assets/index.html"
};
static const uint8_t json_js[] = {
#embed "assets/json.js"
};
static const uint8_t live_js[] = {
#embed "assets/live.js"
};
static const uint8_t pages_channels_js[] = {
#embed "assets/pages/channels.js"
};
static const uint8_t pages_clients_js[] = {
#embed "assets/pages/clients.js"
};
static const uint8_t pages_create_js[] = {
#embed "assets/pages/create.js"
};
static const uint8_t pages_dead_js[] = {
#embed "assets/pages/dead.js"
};
static const uint8_t pages_explorer_js[] = {
#embed "assets/pages/explorer.js"
};
static const uint8_t pages_groups_js[] = {
#embed "assets/pages/groups.js"
};
static const uint8_t pages_keys_js[] = {
#embed "assets/pages/keys.js"
};
static const uint8_t pages_login_js[] = {
#embed "assets/pages/login.js"
};
static const uint8_t pages_message_js[] = {
#embed "assets/pages/message.js"
};
static const uint8_t pages_messages_js[] = {
#embed "assets/pages/messages.js"
};
static const uint8_t pages_missing_js[] = {
#embed "assets/pages/missing.js"
};
static const uint8_t pages_node_js[] = {
#embed "assets/pages/node.js"
};
static const uint8_t pages_overview_js[] = {
#embed "assets/pages/overview.js"
};
static const uint8_t pages_queue_js[] = {
#embed "assets/pages/queue.js"
};
static const uint8_t pages_queues_js[] = {
#embed "assets/pages/queues.js"
};
static const uint8_t pages_receive_js[] = {
#embed "assets/pages/receive.js"
};
static const uint8_t pages_send_js[] = {
#embed "assets/pages/send.js"
};
static const uint8_t pages_settings_js[] = {
#embed "assets/pages/settings.js"
};
static const uint8_t pages_tail_js[] = {
#embed "assets/pages/tail.js"
};
static const uint8_t pages_trend_js[] = {
#embed "assets/pages/trend.js"
};
static const uint8_t parts_css[] = {
#embed "assets/parts.css"
};
static const uint8_t queuelist_js[] = {
#embed "assets/queuelist.js"
};
static const uint8_t queueparts_js[] = {
#embed "assets/queueparts.js"
};
static const uint8_t style_css[] = {
#embed "assets/style.css"
};
static const uint8_t table_js[] = {
#embed "assets/table.js"
};
static const uint8_t text_js[] = {
#embed "assets/text.js"
};
static const uint8_t tokens_css[] = {
#embed "assets/tokens.css"
};

#define FILE_AT(path, bytes) {path, bytes, sizeof bytes}

static const console_file files[] = {
    FILE_AT("api.js", api_js),
    FILE_AT("app.js", app_js),
    FILE_AT("body.js", body_js),
    FILE_AT("chart.js", chart_js),
    FILE_AT("command.js", command_js),
    FILE_AT("copy.js", copy_js),
    FILE_AT("dialog.js", dialog_js),
    FILE_AT("dom.js", dom_js),
    FILE_AT("icon.svg", icon_svg),
    FILE_AT("index.html", index_html),
    FILE_AT("json.js", json_js),
    FILE_AT("live.js", live_js),
    FILE_AT("pages/channels.js", pages_channels_js),
    FILE_AT("pages/clients.js", pages_clients_js),
    FILE_AT("pages/create.js", pages_create_js),
    FILE_AT("pages/dead.js", pages_dead_js),
    FILE_AT("pages/explorer.js", pages_explorer_js),
    FILE_AT("pages/groups.js", pages_groups_js),
    FILE_AT("pages/keys.js", pages_keys_js),
    FILE_AT("pages/login.js", pages_login_js),
    FILE_AT("pages/message.js", pages_message_js),
    FILE_AT("pages/messages.js", pages_messages_js),
    FILE_AT("pages/missing.js", pages_missing_js),
    FILE_AT("pages/node.js", pages_node_js),
    FILE_AT("pages/overview.js", pages_overview_js),
    FILE_AT("pages/queue.js", pages_queue_js),
    FILE_AT("pages/queues.js", pages_queues_js),
    FILE_AT("pages/receive.js", pages_receive_js),
    FILE_AT("pages/send.js", pages_send_js),
    FILE_AT("pages/settings.js", pages_settings_js),
    FILE_AT("pages/tail.js", pages_tail_js),
    FILE_AT("pages/trend.js", pages_trend_js),
    FILE_AT("parts.css", parts_css),
    FILE_AT("queuelist.js", queuelist_js),
    FILE_AT("queueparts.js", queueparts_js),
    FILE_AT("style.css", style_css),
    FILE_AT("table.js", table_js),
    FILE_AT("text.js", text_js),
    FILE_AT("tokens.css", tokens_css),
};

size_t console_file_count(void) { return sizeof files / sizeof *files; }

console_file console_file_at(size_t index) { return files[index]; }

// Of a header and an end of gzip, which are longer than those of zlib that compressBound counts.
enum { GZIP_EXTRA_BYTES = 32, GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 9 };

size_t console_gzip_bound(size_t count) { return compressBound(count) + GZIP_EXTRA_BYTES; }

size_t console_gzip(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity) {
    if (count > UINT_MAX || capacity > UINT_MAX) return 0;
    z_stream stream = {0};
    const int strategy = Z_DEFAULT_STRATEGY;
    int begun = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL, strategy);
    if (begun != Z_OK) return 0;
    stream.next_in = (Bytef *)bytes;
    stream.avail_in = (uInt)count;
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    int result = deflate(&stream, Z_FINISH);
    size_t written = stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? written : 0;
}
