# SPDX-License-Identifier: BSD-2-Clause
# cmake --install: the service and the command line, and the same as a Debian package
# (cpack -G DEB).  Devices are not installed so: they are made by the factory commands.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME service)
if(NOT TARGET perisphered OR NOT TARGET peri)
  return()
endif()
install(TARGETS peri perisphered RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/hardware-definitions DESTINATION share/perisphere)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/cli/az DESTINATION share/perisphere/az) # for the PATH of scripts that say `az sphere`

# Man pages and completion are what the installed program says of itself; the unit
# names the place where the program is.
install(CODE "
  set(root \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  set(bin \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  foreach(folder share/man/man1 share/bash-completion/completions share/zsh/site-functions lib/systemd/system)
    file(MAKE_DIRECTORY \"\${root}/\${folder}\")
  endforeach()
  set(peri \"\${root}/${CMAKE_INSTALL_BINDIR}/peri\")
  execute_process(COMMAND \"\${peri}\" manual create \"\${root}/share/man/man1\" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE \"\${root}/share/man/man1/perisphered.1\" \".so man1/peri-service.1\\n\")
  file(GLOB pages \"\${root}/share/man/man1/peri*.1\")
  execute_process(COMMAND gzip -9nf \${pages} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND \"\${peri}\" completion bash
    OUTPUT_FILE \"\${root}/share/bash-completion/completions/peri\" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND \"\${peri}\" completion zsh
    OUTPUT_FILE \"\${root}/share/zsh/site-functions/_peri\" COMMAND_ERROR_IS_FATAL ANY)
  configure_file(\"${CMAKE_SOURCE_DIR}/service/perisphered/systemd/perisphered.service.in\"
    \"\${root}/lib/systemd/system/perisphered.service\" @ONLY)")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME perisphere)
set(CPACK_PACKAGE_VENDOR Perisphere)
set(CPACK_PACKAGE_CONTACT "Perisphere")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "security service and command line of Perisphere
Attests devices, gives them certificates, updates their OS and applications,
and collects their errors.")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# opened at run time, and only for a database on PostgreSQL
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libpq5)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
include(CPack)
