/* Gives the version of LIBXSMM, which only its header knows, to the shared library that
   is linked at run time from the archive. */
#include <libxsmm_version.h>

const char *xsmm_version(void) { return LIBXSMM_CONFIG_VERSION; }
