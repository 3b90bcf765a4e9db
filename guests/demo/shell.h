/* The shell on the console. */
#pragma once

void shell_task(void);
