/* SPDX-License-Identifier: BSD-2-Clause */
/* Peripherals of the MT3620. */
// Made from mt3620.json by peri hardware-definition generate-header: change that file instead.
#pragma once

// GPIO 0; one block with PWM controller 0
#define MT3620_GPIO0 (0)

// GPIO 1; one block with PWM controller 0
#define MT3620_GPIO1 (1)

// GPIO 2; one block with PWM controller 0
#define MT3620_GPIO2 (2)

// GPIO 3; one block with PWM controller 0
#define MT3620_GPIO3 (3)

// GPIO 4; one block with PWM controller 1
#define MT3620_GPIO4 (4)

// GPIO 5; one block with PWM controller 1
#define MT3620_GPIO5 (5)

// GPIO 6; one block with PWM controller 1
#define MT3620_GPIO6 (6)

// GPIO 7; one block with PWM controller 1
#define MT3620_GPIO7 (7)

// GPIO 8; one block with PWM controller 2
#define MT3620_GPIO8 (8)

// GPIO 9; one block with PWM controller 2
#define MT3620_GPIO9 (9)

// GPIO 10; one block with PWM controller 2
#define MT3620_GPIO10 (10)

// GPIO 11; one block with PWM controller 2
#define MT3620_GPIO11 (11)

// GPIO 12
#define MT3620_GPIO12 (12)

// GPIO 13
#define MT3620_GPIO13 (13)

// GPIO 14
#define MT3620_GPIO14 (14)

// GPIO 15
#define MT3620_GPIO15 (15)

// GPIO 16
#define MT3620_GPIO16 (16)

// GPIO 17
#define MT3620_GPIO17 (17)

// GPIO 18
#define MT3620_GPIO18 (18)

// GPIO 19
#define MT3620_GPIO19 (19)

// GPIO 20
#define MT3620_GPIO20 (20)

// GPIO 21
#define MT3620_GPIO21 (21)

// GPIO 22
#define MT3620_GPIO22 (22)

// GPIO 23
#define MT3620_GPIO23 (23)

// GPIO 26; one block with ISU0
#define MT3620_GPIO26 (26)

// GPIO 27; one block with ISU0
#define MT3620_GPIO27 (27)

// GPIO 28; one block with ISU0
#define MT3620_GPIO28 (28)

// GPIO 29; one block with ISU0
#define MT3620_GPIO29 (29)

// GPIO 30; one block with ISU0
#define MT3620_GPIO30 (30)

// GPIO 31; one block with ISU1
#define MT3620_GPIO31 (31)

// GPIO 32; one block with ISU1
#define MT3620_GPIO32 (32)

// GPIO 33; one block with ISU1
#define MT3620_GPIO33 (33)

// GPIO 34; one block with ISU1
#define MT3620_GPIO34 (34)

// GPIO 35; one block with ISU1
#define MT3620_GPIO35 (35)

// GPIO 36; one block with ISU2
#define MT3620_GPIO36 (36)

// GPIO 37; one block with ISU2
#define MT3620_GPIO37 (37)

// GPIO 38; one block with ISU2
#define MT3620_GPIO38 (38)

// GPIO 39; one block with ISU2
#define MT3620_GPIO39 (39)

// GPIO 40; one block with ISU2
#define MT3620_GPIO40 (40)

// GPIO 41; one block with the ADC
#define MT3620_GPIO41 (41)

// GPIO 42; one block with the ADC
#define MT3620_GPIO42 (42)

// GPIO 43; one block with the ADC
#define MT3620_GPIO43 (43)

// GPIO 44; one block with the ADC
#define MT3620_GPIO44 (44)

// GPIO 45; one block with the ADC
#define MT3620_GPIO45 (45)

// GPIO 46; one block with the ADC
#define MT3620_GPIO46 (46)

// GPIO 47; one block with the ADC
#define MT3620_GPIO47 (47)

// GPIO 48; one block with the ADC
#define MT3620_GPIO48 (48)

// GPIO 56
#define MT3620_GPIO56 (56)

// GPIO 57
#define MT3620_GPIO57 (57)

// GPIO 58
#define MT3620_GPIO58 (58)

// GPIO 59
#define MT3620_GPIO59 (59)

// GPIO 60
#define MT3620_GPIO60 (60)

// GPIO 61
#define MT3620_GPIO61 (61)

// GPIO 62
#define MT3620_GPIO62 (62)

// GPIO 63
#define MT3620_GPIO63 (63)

// GPIO 64
#define MT3620_GPIO64 (64)

// GPIO 65
#define MT3620_GPIO65 (65)

// GPIO 66; one block with ISU3
#define MT3620_GPIO66 (66)

// GPIO 67; one block with ISU3
#define MT3620_GPIO67 (67)

// GPIO 68; one block with ISU3
#define MT3620_GPIO68 (68)

// GPIO 69; one block with ISU3
#define MT3620_GPIO69 (69)

// GPIO 70; one block with ISU3
#define MT3620_GPIO70 (70)

// GPIO 71; one block with ISU4
#define MT3620_GPIO71 (71)

// GPIO 72; one block with ISU4
#define MT3620_GPIO72 (72)

// GPIO 73; one block with ISU4
#define MT3620_GPIO73 (73)

// GPIO 74; one block with ISU4
#define MT3620_GPIO74 (74)

// GPIO 75; one block with ISU4
#define MT3620_GPIO75 (75)

// GPIO 80
#define MT3620_GPIO80 (80)

// PWM controller 0: its channels 0 to 3 are GPIO 0 to 3
#define MT3620_PWM_CONTROLLER0 (0)

// PWM controller 1: its channels 0 to 3 are GPIO 4 to 7
#define MT3620_PWM_CONTROLLER1 (1)

// PWM controller 2: its channels 0 to 3 are GPIO 8 to 11
#define MT3620_PWM_CONTROLLER2 (2)

// channel 0 of a PWM controller
#define MT3620_PWM_CHANNEL0 (0)

// channel 1 of a PWM controller
#define MT3620_PWM_CHANNEL1 (1)

// channel 2 of a PWM controller
#define MT3620_PWM_CHANNEL2 (2)

// channel 3 of a PWM controller
#define MT3620_PWM_CHANNEL3 (3)

// ADC: its channels 0 to 7 are GPIO 41 to 48
#define MT3620_ADC_CONTROLLER0 (0)

// channel 0 of the ADC, GPIO 41
#define MT3620_ADC_CHANNEL0 (0)

// channel 1 of the ADC, GPIO 42
#define MT3620_ADC_CHANNEL1 (1)

// channel 2 of the ADC, GPIO 43
#define MT3620_ADC_CHANNEL2 (2)

// channel 3 of the ADC, GPIO 44
#define MT3620_ADC_CHANNEL3 (3)

// channel 4 of the ADC, GPIO 45
#define MT3620_ADC_CHANNEL4 (4)

// channel 5 of the ADC, GPIO 46
#define MT3620_ADC_CHANNEL5 (5)

// channel 6 of the ADC, GPIO 47
#define MT3620_ADC_CHANNEL6 (6)

// channel 7 of the ADC, GPIO 48
#define MT3620_ADC_CHANNEL7 (7)

// ISU0 as a UART
#define MT3620_ISU0_UART (4)

// ISU1 as a UART
#define MT3620_ISU1_UART (5)

// ISU2 as a UART
#define MT3620_ISU2_UART (6)

// ISU3 as a UART
#define MT3620_ISU3_UART (7)

// ISU4 as a UART
#define MT3620_ISU4_UART (8)

// ISU0 as an I2C master
#define MT3620_ISU0_I2C (0)

// ISU1 as an I2C master
#define MT3620_ISU1_I2C (1)

// ISU2 as an I2C master
#define MT3620_ISU2_I2C (2)

// ISU3 as an I2C master
#define MT3620_ISU3_I2C (3)

// ISU4 as an I2C master
#define MT3620_ISU4_I2C (4)

// ISU0 as an SPI master
#define MT3620_ISU0_SPI (0)

// ISU1 as an SPI master
#define MT3620_ISU1_SPI (1)

// ISU2 as an SPI master
#define MT3620_ISU2_SPI (2)

// ISU3 as an SPI master
#define MT3620_ISU3_SPI (3)

// ISU4 as an SPI master
#define MT3620_ISU4_SPI (4)

// chip select A of an SPI master
#define MT3620_SPI_CS_A (-1)

// chip select B of an SPI master
#define MT3620_SPI_CS_B (-2)
