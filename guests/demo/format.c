/* Formatted text: a small part of printf. See format.h. */
#include "format.h"

struct output {
    char *text;
    size_t size;
    size_t length; /* of the whole text, even of what did not fit */
};

struct field {
    size_t width;
    bool left;
    char pad;
};

static void put_char(struct output *out, char c) {
    if (out->length + 1 < out->size) out->text[out->length] = c;
    out->length++;
}

static void put_field(struct output *out, const struct field *field, const char *text) {
    size_t length = strlen(text);
    size_t padding = field->width > length ? field->width - length : 0;
    if (!field->left) {
        while (padding > 0) {
            put_char(out, field->pad);
            padding--;
        }
    }
    while (*text != '\0') put_char(out, *text++);
    while (padding > 0) {
        put_char(out, ' ');
        padding--;
    }
}

static void put_number(struct output *out, const struct field *field, u64 value, u32 base) {
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    put_field(out, field, &digits[at]);
}

size_t format_text(char *text, size_t size, const char *format, va_list arguments) {
    struct output out = {.text = text, .size = size, .length = 0};
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put_char(&out, *format);
            continue;
        }
        struct field field = {.width = 0, .left = false, .pad = ' '};
        format++;
        if (*format == '-') {
            field.left = true;
            format++;
        }
        if (*format == '0') field.pad = '0';
        while (*format >= '0' && *format <= '9') field.width = field.width * 10 + (*format++ - '0');
        bool is_long = *format == 'l';
        if (is_long) format++;
        switch (*format) {
        case 's':
            put_field(&out, &field, va_arg(arguments, const char *));
            break;
        case 'c':
            put_char(&out, (char)va_arg(arguments, int));
            break;
        case 'u':
        case 'x':
            put_number(&out, &field, is_long ? va_arg(arguments, u64) : va_arg(arguments, u32),
                       *format == 'u' ? 10 : 16);
            break;
        default:
            put_char(&out, *format);
            break;
        }
    }
    if (size > 0) text[out.length < size ? out.length : size - 1] = '\0';
    return out.length;
}
