/* print_insns.c: print what the decoder says of the instructions at given addresses.
 *
 *   print_insns x86-64|aarch64 CODE BASE < ADDRESSES
 *
 * CODE: a file with the bytes that stand at address BASE. ADDRESSES: hexadecimal, one a line. A
 * line for each: address, length, kind, dst, dst2, src, src2, base, index, scale, width, disp, imm,
 * target or -, reads, writes, flags (memory, store, page, segment). The quick decoder must say the
 * same of lengths, control flow and targets; where it does not, the line ends in "differs".
 *
 *   print_insns --time x86-64|aarch64 CODE BASE
 *
 * decodes it all, one instruction after the other, and prints how long both decoders take.
 */
#include "arch/decode.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const kinds[] = {"bad",      "other",    "call",   "jump", "branch",
                                    "call-reg", "jump-reg", "return", "trap", "load",
                                    "store",    "address",  "move",   "add",  "compare"};

static uint8_t *read_all(const char *path, uint64_t *ret_size)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        return NULL;
    long size = ftell(f);
    rewind(f);
    uint8_t *bytes = size > 0 ? malloc((size_t)size) : NULL;
    if (bytes && fread(bytes, 1, (size_t)size, f) != (size_t)size) {
        free(bytes);
        bytes = NULL;
    }
    *ret_size = (uint64_t)size;
    fclose(f);
    return bytes;
}

static bool is_flow(unsigned kind)
{
    return kind <= RP_INSN_TRAP && kind != RP_INSN_OTHER;
}

static bool agree(const struct rp_insn *a, const struct rp_insn *quick)
{
    if (a->length != quick->length || a->has_imm > quick->has_imm)
        return false;
    if (a->kind != RP_INSN_ADD && a->imm != quick->imm) /* what is subtracted is negative */
        return false;
    if ((is_flow(a->kind) || is_flow(quick->kind)) && a->kind != quick->kind)
        return false;
    /* xor of a register with itself is the one constant that the quick one does not see */
    return !a->has_target || (quick->has_target && quick->target == a->target) ||
           (a->kind == RP_INSN_ADDRESS && a->target == 0);
}

static void print_one(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t at)
{
    struct rp_insn i, quick;
    rp_decode(machine, code, size, at, &i);
    rp_decode_flow(machine, code, size, at, &quick);
    printf("%" PRIx64 " %u %s %u %u %u %u %u %u %u %u %" PRId64 " %" PRId64 " ", at, i.length,
           kinds[i.kind], i.dst, i.dst2, i.src, i.src2, i.base, i.index, i.scale, i.width, i.disp,
           i.imm);
    if (i.has_target)
        printf("%" PRIx64, i.target);
    else
        printf("-");
    printf(" %" PRIx64 " %" PRIx64 " %s%s%s%s%s\n", i.reads, i.writes, i.is_memory ? "m" : "",
           i.is_store ? "s" : "", i.is_page ? "p" : "", i.is_segment ? "g" : "",
           agree(&i, &quick) ? "." : " differs");
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void print_times(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t base)
{
    for (int quick = 0; quick < 2; quick++) {
        double start = seconds();
        uint64_t n = 0;
        for (uint64_t at = 0; at < size; n++) {
            struct rp_insn i;
            (quick ? rp_decode_flow : rp_decode)(machine, code + at, size - at, base + at, &i);
            at += i.length;
        }
        double t = seconds() - start;
        printf("%s: %" PRIu64 " instructions, %.3f s, %.1f MB/s\n", quick ? "quick" : "whole", n, t,
               (double)size / t / 1e6);
    }
}

int main(int argc, char **argv)
{
    bool time_it = argc > 1 && strcmp(argv[1], "--time") == 0;
    if (time_it)
        argv++, argc--;
    if (argc != 4) {
        fprintf(stderr, "usage: print_insns [--time] x86-64|aarch64 CODE BASE\n");
        return 2;
    }
    uint16_t machine = strcmp(argv[1], "aarch64") == 0 ? EM_AARCH64 : EM_X86_64;
    uint64_t size, base = strtoull(argv[3], NULL, 16);
    uint8_t *code = read_all(argv[2], &size);
    if (!code) {
        fprintf(stderr, "print_insns: cannot read %s\n", argv[2]);
        return 2;
    }
    char line[64];
    if (time_it)
        print_times(machine, code, size, base);
    while (!time_it && fgets(line, sizeof line, stdin)) {
        uint64_t at = strtoull(line, NULL, 16) - base;
        if (at < size)
            print_one(machine, code + at, size - at, base + at);
    }
    free(code);
    return 0;
}
