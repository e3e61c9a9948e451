/* json_image.h: between json.c and json_image.c. */
#ifndef RP_REPORT_JSON_IMAGE_H
#define RP_REPORT_JSON_IMAGE_H

#include "report/fact_image.h"
#include "report/jsonw.h"

/* The object "image", nothing for other runs. */
void rp_json_image(const struct rp_fact_image *im, struct rp_jsonw *w);

#endif
