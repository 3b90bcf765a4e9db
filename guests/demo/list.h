/* Queues as linked lists of nodes that are inside what they link. */
#pragma once

#include "types.h"

struct list_node {
    struct list_node *next;
};

struct list_queue {
    struct list_node *head;
    struct list_node *tail;
    u32 length;
};

__attribute__((always_inline)) static inline bool queue_is_empty(const struct list_queue *queue) {
    return queue->head == NULL;
}

void queue_push(struct list_queue *queue, struct list_node *node);

/* The oldest node, or NULL. */
struct list_node *queue_pop(struct list_queue *queue);
