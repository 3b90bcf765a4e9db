/* Queues as linked lists. Callers keep interrupts off where others may use the queue. */
#include "list.h"

void queue_push(struct list_queue *queue, struct list_node *node) {
    node->next = NULL;
    if (queue_is_empty(queue)) {
        queue->head = node;
    } else {
        queue->tail->next = node;
    }
    queue->tail = node;
    queue->length++;
}

struct list_node *queue_pop(struct list_queue *queue) {
    if (queue_is_empty(queue)) return NULL;
    struct list_node *node = queue->head;
    queue->head = node->next;
    queue->length--;
    return node;
}
