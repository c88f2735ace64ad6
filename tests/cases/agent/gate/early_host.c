/* SPDX-License-Identifier: Apache-2.0 */
int early_result(void);

int main(void)
{
	return early_result();
}
