/* SPDX-License-Identifier: Apache-2.0 */
/* other_h2o_host.c - calls other_h2o.c with pointers that crash anything that dereferences them. */
struct st_h2o_req_t;

void h2o_process_request(struct st_h2o_req_t *req);
void h2o_start_response(struct st_h2o_req_t *req);
void h2o_send(struct st_h2o_req_t *req);
void h2o_dispose_request(struct st_h2o_req_t *req);

int main(void)
{
	struct st_h2o_req_t *none = (struct st_h2o_req_t *)1;

	h2o_process_request(none);
	h2o_start_response(none);
	h2o_send(none);
	h2o_dispose_request(none);
	return 0;
}
