"""What a program sees by ODBC of the tables of tables.sql: tables, columns, rows, parameters, an error.

    python3 odbc.py HOST PORT USER PASSWORD
"""
import sys

import pyodbc

host, port, user, password = sys.argv[1:]
connection = pyodbc.connect(
    f'DRIVER={{PostgreSQL Unicode}};SERVER={host};PORT={port};DATABASE=postgres;UID={user};PWD={password};'
    'UseDeclareFetch=1;Fetch=100')
cursor = connection.cursor()
for row in cursor.tables(schema='shop', tableType='TABLE').fetchall():
    print('table', row.table_name)
for row in cursor.columns(schema='shop', table='orders').fetchall():
    print('column', row.column_name, row.type_name)
cursor.execute("SELECT TOP 2 item, total, NVL(NULL, item) AS again FROM shop.orders WHERE total > ? ORDER BY total DESC", 50)
for row in cursor.fetchall():
    print('row', *row)
cursor.execute('SELECT a.id FROM shop.orders a, generate_series(1, 1000) b')
print('fetched', len(cursor.fetchall()))
connection.rollback()
try:
    cursor.execute('SELECT nothing FROM shop.orders')
except pyodbc.Error as error:
    print('error', error.args[0])
