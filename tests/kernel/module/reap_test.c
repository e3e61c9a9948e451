/* A module to collect: a parameter, an export-free init and exit, a warning and a static key's
 * worth of tables, and a function that nothing calls. */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/uaccess.h>

static int answer = 42;
module_param(answer, int, 0444);

int reap_test_dead(int x); /* nobody calls it: its text, WARN and unwind records may go */
int reap_test_dead(int x)
{
    WARN(x == 7, "never");
    return x * 3 + answer;
}

static noinline int reap_test_live(const char __user *p)
{
    char c;
    WARN_ON(answer != 42);
    return get_user(c, p); /* __ex_table */
}

static int __init reap_test_init(void)
{
    pr_info("reap_test: loaded, answer %d, fault %d\n", answer, reap_test_live((void __user *)16));
    return 0;
}

static void __exit reap_test_exit(void)
{
}

module_init(reap_test_init);
module_exit(reap_test_exit);
MODULE_LICENSE("GPL");
