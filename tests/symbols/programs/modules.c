/* What of a kernel's structures leads to its modules: one is loaded, my_shapes (include/linux/module.h). */

struct list_head {
    struct list_head *next, *prev;
};

struct attribute {
    const char *name;
    unsigned short mode;
};

struct bin_attribute {
    struct attribute attr;
    unsigned long size;
};

struct module_sect_attr {
    struct bin_attribute battr;
    unsigned long address;
};

struct module_sect_attrs {
    unsigned int nsections;
    struct module_sect_attr attrs[];
};

struct module {
    int state;
    struct list_head list;
    char name[56];
    struct module_sect_attrs *sect_attrs;
};

struct list_head modules;

static struct module_sect_attrs sections = {
    .nsections = 2,
    .attrs = {
        {.battr = {.attr = {.name = ".text"}}, .address = 0xffffffffc0000000},
        {.battr = {.attr = {.name = ".data"}}, .address = 0xffffffffc0100000},
    },
};

static struct module loaded = {
    .state = 0,
    .list = {&modules, &modules},
    .name = "my_shapes",
    .sect_attrs = &sections,
};

struct list_head modules = {&loaded.list, &loaded.list};

void _start(void) {
    for (;;) {}
}
