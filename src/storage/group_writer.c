/*
 * group_writer.c
 *	  Encode up to RS_GROUP_ROWS rows into one row group's stream.
 *
 * Columns one after another, each block by block; then the footer.  The plan of
 * a column, encoding and codec, is chosen once by its first block with values,
 * and anew where a block turns out not to fit it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "encoding/numeric.h"
#include "storage/group_checksum.h"
#include "storage/group_writer.h"
#include "storage/zone_map.h"
#include "utils/memutils.h"

typedef struct GroupWriter
{
	RsGroupStream *stream;
	Size		capacity;
	StringInfoData footer;		/* chunk descriptions, as far as written */
	RsChunkRef *refs;
	uint32		nrows;
	uint32		nblocks;
	const uint32 *order;
	AttrNumber	key_attno;
} GroupWriter;

static void
stream_append(GroupWriter *writer, const char *data, Size size)
{
	RsGroupStream *stream = writer->stream;

	if (stream->size + size > writer->capacity)
	{
		writer->capacity = Max(stream->size + size, writer->capacity * 2);
		stream->data = repalloc_huge(stream->data, writer->capacity);
	}
	memcpy(stream->data + stream->size, data, size);
	stream->size += size;
}

/*
 * Do the values of any run of rows lie together in the column as they are written?
 */
static bool
is_dense(const RsColumnData *column, const uint32 *order)
{
	return (column->type.phys != RS_PHYS_VARLEN || column->scaled) && !column->dropped &&
		column->isnull == NULL && order == NULL;
}

/*
 * Gather the non-NULL values of rows [start, start + n) in writing order.
 * Images of varlenas are not copied, only their offsets; and nothing is where the
 * column has the values as they are wanted.
 */
void
rs_column_gather(const RsColumnData *column, const uint32 *order, uint32 start, uint32 n,
				 RsValues *dense, uint64 *valid)
{
	uint16		width = column->scaled ? sizeof(int64) : column->type.width;
	bool		varlen = column->type.phys == RS_PHYS_VARLEN && !column->scaled;
	uint32		i;

	memset(dense, 0, sizeof(RsValues));
	memset(valid, 0, RS_BLOCK_ROWS / 8);
	dense->phys = column->scaled ? RS_PHYS_INT64 : column->type.phys;
	dense->width = width;
	dense->scale = column->scale;
	if (is_dense(column, order))
	{
		dense->fixed = column->fixed + (Size) start * width;
		dense->count = n;
		for (i = 0; i < n / 64; i++)
			valid[i] = PG_UINT64_MAX;
		if (n % 64 != 0)
			valid[i] = (UINT64CONST(1) << (n % 64)) - 1;
		return;
	}
	if (varlen)
	{
		dense->bytes = column->bytes;
		dense->offsets = palloc(Max(n, 1) * sizeof(uint32));
	}
	else
		dense->fixed = palloc(Max((Size) n * width, 1));
	for (i = 0; i < n; i++)
	{
		uint32		row = order ? order[start + i] : start + i;

		if (column->dropped || (column->isnull != NULL && column->isnull[row]))
			continue;
		valid[i / 64] |= UINT64CONST(1) << (i % 64);
		if (varlen)
		{
			if (column->offsets[row] > PG_UINT32_MAX)
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("values of a row group are too long"),
						 errhint("Lower redshift.insert_buffer_size.")));
			dense->offsets[dense->count++] = (uint32) column->offsets[row];
		}
		else
		{
			char	   *to = (char *) dense->fixed + (Size) dense->count++ * width;
			const char *from = column->fixed + (Size) row * width;

			if (width == 8)
				*(int64 *) to = *(const int64 *) from;
			else if (width == 4)
				*(int32 *) to = *(const int32 *) from;
			else
				memcpy(to, from, width);
		}
	}
}

/*
 * Encode a block under the plan; a plan of our own choice that turns out not to
 * fit is replaced.
 */
static void
encode_block(const RsColumnType *type, const RsValues *dense, const uint64 *valid,
			 uint32 nrows, RsEncodingId wish, RsEncodingPlan *plan, bool *chosen,
			 StringInfo out, RsBlockForm *form)
{
	if (!*chosen && dense->count > 0)
	{
		rs_block_choose(type, dense, wish, plan);
		*chosen = true;
	}
	rs_block_encode(type, dense, valid, nrows, plan, out, form);
	if (wish == RS_ENC_AUTO && dense->count > 0 && form->encoding != plan->encoding)
	{
		resetStringInfo(out);
		rs_block_choose(type, dense, wish, plan);
		rs_block_encode(type, dense, valid, nrows, plan, out, form);
	}
}

/*
 * Each distinct value once, where the encoding has found them.
 */
static void
add_to_zone(RsZoneBuilder *zone, const RsColumnType *type, const RsBlockForm *form,
			const char *encoded, const RsValues *values)
{
	RsValues	entries;

	if (!rs_block_entries(type, form, encoded, &entries))
	{
		rs_zone_builder_add(zone, values);
		return;
	}
	rs_zone_builder_add(zone, &entries);
	if (entries.phys == RS_PHYS_VARLEN)
	{
		pfree(entries.bytes);
		pfree(entries.offsets);
	}
	else
		pfree(entries.fixed);
}

/*
 * A zone as the directory keeps it, with the column it is of.
 */
static bytea *
key_zone(const char *zone, Size size, int attno)
{
	bytea	   *result = palloc(VARHDRSZ + size);

	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), zone, size);
	((RsZoneBytes *) VARDATA(result))->attno = (uint16) attno;
	return result;
}

bytea *
rs_key_zone_form(const RsColumnData *column, AttrNumber attno, uint32 nrows)
{
	RsZoneBuilder *zb = rs_zone_builder_create(&column->type);
	uint64		valid[RS_BLOCK_ROWS / 64];
	StringInfoData zone;
	RsValues	dense;

	rs_column_gather(column, NULL, 0, nrows, &dense, valid);
	rs_zone_builder_add(zb, &dense);
	initStringInfo(&zone);
	if (!rs_zone_builder_write(zb, &zone))
		return NULL;
	return key_zone(zone.data, zone.len, attno);
}

/*
 * One column: its blocks to the stream, its description to the footer.
 */
static void
write_chunk(GroupWriter *writer, const RsColumnData *column, int index, RsEncodingId wish)
{
	RsChunkHeader head = {0};
	RsBlockMeta *metas = palloc0(Max(writer->nblocks, 1) * sizeof(RsBlockMeta));
	uint64		valid[RS_BLOCK_ROWS / 64];
	RsZoneBuilder *chunk_zone = NULL;
	RsZoneBuilder *block_zone = NULL;
	StringInfoData zones;
	StringInfoData encoded;
	RsEncodingPlan plan = {RS_ENC_RAW, RS_CODEC_NONE};
	bool		chosen = false;
	uint32		zones_at = sizeof(RsChunkHeader) + writer->nblocks * sizeof(RsBlockMeta);
	int			start = writer->footer.len;
	uint32		block;

	initStringInfo(&zones);
	initStringInfo(&encoded);
	if (!column->dropped)
	{
		head.phys = (uint8) column->type.phys;
		chunk_zone = rs_zone_builder_create(&column->type);
		block_zone = rs_zone_builder_create(&column->type);
	}
	for (block = 0; block < writer->nblocks; block++)
	{
		RsBlockMeta *meta = &metas[block];
		uint32		first = block * RS_BLOCK_ROWS;
		uint32		n = Min(writer->nrows - first, RS_BLOCK_ROWS);
		RsValues	dense;
		RsValues	scaled;
		const RsValues *values = &dense;

		CHECK_FOR_INTERRUPTS();
		rs_column_gather(column, writer->order, first, n, &dense, valid);
		if (column->type.is_numeric && !column->scaled && dense.count > 0 && rs_numeric_scale(&dense, &scaled))
			values = &scaled;
		resetStringInfo(&encoded);
		encode_block(&column->type, values, valid, n, wish, &plan, &chosen, &encoded, &meta->form);
		meta->offset = writer->stream->size;
		meta->crc = rs_checksum(encoded.data, encoded.len);
		stream_append(writer, encoded.data, encoded.len);
		head.nulls += meta->form.nnulls;
		if (block_zone != NULL)
		{
			uint32		zone = zones_at + zones.len;

			rs_zone_builder_reset(block_zone);
			add_to_zone(block_zone, &column->type, &meta->form, encoded.data, values);
			if (rs_zone_builder_write(block_zone, &zones))
				meta->zone = zone;
			rs_zone_builder_merge(chunk_zone, block_zone);
		}
		if (values == &scaled)
			pfree(scaled.fixed);
		if (dense.phys == RS_PHYS_VARLEN)
			pfree(dense.offsets);
		else if (!is_dense(column, writer->order))
			pfree(dense.fixed);
	}
	if (chunk_zone != NULL)
	{
		uint32		zone = zones_at + zones.len;

		if (rs_zone_builder_write(chunk_zone, &zones))
			head.zone = zone;
		if (head.zone != 0 && index + 1 == writer->key_attno)
			writer->stream->key_zone = key_zone(zones.data + (zone - zones_at),
												zones.len - (zone - zones_at), index + 1);
	}
	appendBinaryStringInfo(&writer->footer, (char *) &head, sizeof(head));
	appendBinaryStringInfo(&writer->footer, (char *) metas, writer->nblocks * sizeof(RsBlockMeta));
	appendBinaryStringInfo(&writer->footer, zones.data, zones.len);
	writer->refs[index].offset = (uint32) start;	/* so far from the first chunk */
	writer->refs[index].size = (uint32) (writer->footer.len - start);
	writer->refs[index].crc = rs_checksum(writer->footer.data + start, writer->footer.len - start);
	pfree(zones.data);
	pfree(encoded.data);
	pfree(metas);
}

static void
write_footer(GroupWriter *writer, int ncolumns, uint64 storage_id, int64 group_id)
{
	RsFooterHeader head = {0};
	uint32		chunks_at = sizeof(RsFooterHeader) + ncolumns * sizeof(RsChunkRef);
	int			i;

	head.magic = RS_FOOTER_MAGIC;
	head.version = RS_FORMAT_VERSION;
	head.ncolumns = (uint16) ncolumns;
	head.storage_id = storage_id;
	head.group_id = (uint64) group_id;
	head.nrows = writer->nrows;
	head.nblocks = writer->nblocks;
	head.size = chunks_at + writer->footer.len;
	for (i = 0; i < ncolumns; i++)
		writer->refs[i].offset += chunks_at;
	head.crc = rs_footer_checksum(&head, writer->refs);

	writer->stream->footer_offset = writer->stream->size;
	writer->stream->footer_size = head.size;
	stream_append(writer, (char *) &head, sizeof(head));
	stream_append(writer, (char *) writer->refs, ncolumns * sizeof(RsChunkRef));
	stream_append(writer, writer->footer.data, writer->footer.len);
}

void
rs_group_stream_set_ids(char *stream, uint64 footer_offset, uint64 storage_id, int64 group_id)
{
	RsFooterHeader head;

	memcpy(&head, stream + footer_offset, sizeof(head));
	head.storage_id = storage_id;
	head.group_id = (uint64) group_id;
	head.crc = rs_footer_checksum(&head, stream + footer_offset + sizeof(head));
	memcpy(stream + footer_offset, &head, sizeof(head));
}

void
rs_group_encode(const RsColumnData *columns, int ncolumns, uint32 nrows, const uint32 *order,
				const RsEncodingId *wishes, AttrNumber key_attno, uint64 storage_id,
				int64 group_id, RsGroupStream *stream)
{
	GroupWriter writer = {0};
	int			i;

	memset(stream, 0, sizeof(RsGroupStream));
	writer.stream = stream;
	writer.capacity = 64 * 1024;
	stream->data = palloc(writer.capacity);
	writer.refs = palloc0(Max(ncolumns, 1) * sizeof(RsChunkRef));
	writer.nrows = nrows;
	writer.nblocks = (nrows + RS_BLOCK_ROWS - 1) / RS_BLOCK_ROWS;
	writer.order = order;
	writer.key_attno = key_attno;
	initStringInfo(&writer.footer);

	for (i = 0; i < ncolumns; i++)
		write_chunk(&writer, &columns[i], i, wishes[i]);
	write_footer(&writer, ncolumns, storage_id, group_id);
}
