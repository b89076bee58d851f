"""A stand-in for TigerGraph, for development: the REST++ and GSQL requests that Photo Library makes, and no others.

    server.py   HTTP, authentication, routes, pausing      gsql.py      statements: schema jobs, queries
    rest.py     upserts, edges, vertices, counts           queries.py   the answers of installed queries
    graph.py    graphs in memory

It is NOT TigerGraph: it reads our statements, but runs no GSQL. README.md in this folder lists its behaviours and
where the knowledge of each comes from.
"""
