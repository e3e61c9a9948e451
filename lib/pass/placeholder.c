/* placeholder until the first source of this module exists */
typedef int placeholder;
