#ifndef CROOST_H
#define CROOST_H
#endif
