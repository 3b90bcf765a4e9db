/* Switching the machine off. */
#pragma once

__attribute__((noreturn)) void poweroff(void);
