/* The Multiboot information or the PVH start info, whichever the loader left. */
#include "boot_info.h"

#define MULTIBOOT_LOADER_MAGIC 0x2badb002
#define MULTIBOOT_HAS_MEMORY (1u << 0)
#define MULTIBOOT_HAS_COMMAND_LINE (1u << 2)

#define PVH_START_MAGIC 0x336ec578
#define PVH_MEMORY_RAM 1

/* Multiboot Specification 0.6.96, section 3.3; as far as we read it. */
struct multiboot_info {
    u32 flags;
    u32 mem_lower_kib;
    u32 mem_upper_kib; /* from 1 MiB up to the first hole */
    u32 boot_device;
    u32 cmdline;
};

/* xen/include/public/arch-x86/hvm/start_info.h */
struct pvh_start_info {
    u32 magic;
    u32 version;
    u32 flags;
    u32 nr_modules;
    u64 modlist_paddr;
    u64 cmdline_paddr;
    u64 rsdp_paddr;
    u64 memmap_paddr;
    u32 memmap_entries;
};

struct pvh_memory {
    u64 address;
    u64 size;
    u32 type;
    u32 reserved;
};

struct boot_info boot_info = {.protocol = "unknown", .options = {.bug = true}};

static void copy_command_line(u64 address) {
    if (address == 0) return;
    const char *from = (const char *)address;
    size_t length = strlen(from);
    size_t most = sizeof boot_info.command_line - 1;
    memcpy(boot_info.command_line, from, length < most ? length : most);
}

static void read_multiboot(const struct multiboot_info *info) {
    boot_info.protocol = "Multiboot";
    if (info->flags & MULTIBOOT_HAS_MEMORY) {
        boot_info.memory_bytes = ((u64)info->mem_upper_kib + 1024) * 1024;
    }
    if (info->flags & MULTIBOOT_HAS_COMMAND_LINE) copy_command_line(info->cmdline);
}

static void read_pvh(const struct pvh_start_info *info) {
    boot_info.protocol = "PVH";
    if (info->version >= 1) {
        const struct pvh_memory *memory = (const struct pvh_memory *)info->memmap_paddr;
        for (u32 i = 0; i < info->memmap_entries; i++) {
            if (memory[i].type != PVH_MEMORY_RAM) continue;
            u64 end = memory[i].address + memory[i].size;
            if (end > boot_info.memory_bytes) boot_info.memory_bytes = end;
        }
    }
    copy_command_line(info->cmdline_paddr);
}

static bool has_option(const char *option) {
    size_t length = strlen(option);
    for (const char *word = boot_info.command_line; *word != '\0';) {
        size_t end = 0;
        while (word[end] != '\0' && word[end] != ' ') end++;
        bool same = end == length;
        for (size_t i = 0; same && i < end; i++) same = word[i] == option[i];
        if (same) return true;
        word += end;
        while (*word == ' ') word++;
    }
    return false;
}

void boot_info_read(u32 magic, u64 address) {
    if (magic == MULTIBOOT_LOADER_MAGIC) {
        read_multiboot((const struct multiboot_info *)address);
    } else if (address != 0 && *(const u32 *)address == PVH_START_MAGIC) {
        read_pvh((const struct pvh_start_info *)address);
    }
    boot_info.options.bug = !has_option("bug=off");
    boot_info.options.panic_poweroff = has_option("panic=poweroff");
    boot_info.options.stay = has_option("stay");
}
