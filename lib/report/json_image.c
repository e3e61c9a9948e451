/* json_image.c: the object "image" of the JSON report, and its numbers under their names, which the
 * database uses, too. What they mean is in fact_image.h.
 *
 * Entries: rp_json_image, rp_image_counts.
 */
#include "report/json_image.h"

#include <string.h>

void rp_image_counts(const struct rp_fact_image *im, struct rp_fact_count ret[RP_IMAGE_N_COUNTS])
{
    const struct rp_fact_count counts[RP_IMAGE_N_COUNTS] = {
        {"functions", im->n_code},
        {"function-bytes", im->code_bytes},
        {"data-objects", im->n_data},
        {"data-bytes", im->data_bytes},
        {"data-objects-left", im->n_data_left},
        {"data-bytes-left", im->data_left_bytes},
        {"filled-before", im->n_filled_before},
        {"verified-bytes", im->protected_bytes},
        {"relocations-neutralised", im->n_relocs},
        {"relocations-stale", im->n_stale},
        {"symbols-dropped", im->n_symbols},
        {"relocation-sections-dropped", im->n_reloc_sections},
        {"file-before", im->file_before},
        {"file-after", im->file_after},
        {"punched", im->punched},
        {"pages-4k", im->n_pages[0]},
        {"pages-64k", im->n_pages[1]},
        {"pages-2m", im->n_pages[2]},
    };
    memcpy(ret, counts, sizeof counts);
}

void rp_json_image(const struct rp_fact_image *im, struct rp_jsonw *w)
{
    if (!im->is_image)
        return;
    rp_jsonw_open(w, "image", '{', true);
    rp_jsonw_bool(w, "written", im->is_written);
    rp_jsonw_string(w, "fill", im->is_zero ? "zero" : "trap");
    struct rp_fact_count counts[RP_IMAGE_N_COUNTS];
    rp_image_counts(im, counts);
    for (size_t i = 0; i < RP_IMAGE_N_COUNTS; i++)
        rp_jsonw_number(w, counts[i].name, counts[i].n);
    rp_jsonw_open(w, "references", '{', false);
    for (uint32_t i = 0; i < im->n_edges; i++)
        rp_jsonw_number(w, im->edges[i].name, im->edges[i].n);
    rp_jsonw_close(w, '}');
    rp_jsonw_open(w, "pages", '[', true);
    for (size_t i = 0; i < im->pages.n; i++) {
        rp_jsonw_open(w, NULL, '{', false);
        rp_jsonw_number(w, "address", im->pages.v[i].addr);
        rp_jsonw_number(w, "bytes", im->pages.v[i].size);
        rp_jsonw_close(w, '}');
    }
    rp_jsonw_close(w, ']');
    rp_jsonw_open(w, "sizes", '[', true);
    for (int i = 0; i < RP_IMAGE_PACKS && im->has_sizes; i++) {
        if (!im->before[i])
            continue;
        rp_jsonw_open(w, NULL, '{', false);
        rp_jsonw_string(w, "packed-by", im->pack[i]);
        rp_jsonw_number(w, "before", im->before[i]);
        rp_jsonw_number(w, "after", im->after[i]);
        rp_jsonw_close(w, '}');
    }
    rp_jsonw_close(w, ']');
    rp_jsonw_close(w, '}');
}
