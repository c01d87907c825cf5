using System.Buffers;
using System.Text;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>The Avro schema of a manifest: the spec's <c>manifest_entry</c> and <c>data_file</c> of version 2 with their field ids. Only the partition differs from spec to spec.</summary>
internal static class ManifestSchema
{
    private const string PartitionMark = "\"PARTITION\"";

    // Maps whose keys are no text are arrays of pairs that "logicalType":"map" marks; readers look for that word.
    private const string Entry =
        """
        {"type":"record","name":"manifest_entry","fields":[
          {"name":"status","type":"int","field-id":0},
          {"name":"snapshot_id","type":["null","long"],"default":null,"field-id":1},
          {"name":"sequence_number","type":["null","long"],"default":null,"field-id":3},
          {"name":"file_sequence_number","type":["null","long"],"default":null,"field-id":4},
          {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
            {"name":"content","type":"int","field-id":134},
            {"name":"file_path","type":"string","field-id":100},
            {"name":"file_format","type":"string","field-id":101},
            {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":"PARTITION"}},
            {"name":"record_count","type":"long","field-id":103},
            {"name":"file_size_in_bytes","type":"long","field-id":104},
            {"name":"column_sizes","default":null,"field-id":108,"type":["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"k117_v118","fields":[
              {"name":"key","type":"int","field-id":117},{"name":"value","type":"long","field-id":118}]}}]},
            {"name":"value_counts","default":null,"field-id":109,"type":["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"k119_v120","fields":[
              {"name":"key","type":"int","field-id":119},{"name":"value","type":"long","field-id":120}]}}]},
            {"name":"null_value_counts","default":null,"field-id":110,"type":["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"k121_v122","fields":[
              {"name":"key","type":"int","field-id":121},{"name":"value","type":"long","field-id":122}]}}]},
            {"name":"nan_value_counts","default":null,"field-id":137,"type":["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"k138_v139","fields":[
              {"name":"key","type":"int","field-id":138},{"name":"value","type":"long","field-id":139}]}}]},
            {"name":"lower_bounds","default":null,"field-id":125,"type":["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"k126_v127","fields":[
              {"name":"key","type":"int","field-id":126},{"name":"value","type":"bytes","field-id":127}]}}]},
            {"name":"upper_bounds","default":null,"field-id":128,"type":["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"k129_v130","fields":[
              {"name":"key","type":"int","field-id":129},{"name":"value","type":"bytes","field-id":130}]}}]},
            {"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":131},
            {"name":"split_offsets","default":null,"field-id":132,"type":["null",{"type":"array","items":"long","element-id":133}]},
            {"name":"equality_ids","default":null,"field-id":135,"type":["null",{"type":"array","items":"int","element-id":136}]},
            {"name":"sort_order_id","type":["null","int"],"default":null,"field-id":140},
            {"name":"referenced_data_file","type":["null","string"],"default":null,"field-id":143}
          ]}}
        ]}
        """;

    /// <summary>The schema for a spec whose values have these types.</summary>
    public static AvroSchema For(LakePartitionSpec spec, IReadOnlyList<DataType> types)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartArray();
            for (var i = 0; i < types.Count; i++)
            {
                writer.WriteStartObject();
                writer.WriteString("name", PartitionValues.AvroName(spec.Fields[i].Name));
                writer.WritePropertyName("type");
                PartitionValues.WriteType(writer, types[i], spec.Fields[i].FieldId);
                writer.WriteNull("default");
                writer.WriteNumber("field-id", spec.Fields[i].FieldId);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Compact(Entry.Replace(PartitionMark, Encoding.UTF8.GetString(bytes.WrittenSpan), StringComparison.Ordinal));
    }

    /// <summary>The schema without the white space that makes it readable here.</summary>
    public static AvroSchema Compact(string json) => AvroSchema.Parse(JsonSerializer.Serialize(JsonElement.Parse(json), LakeJson.Default.JsonElement));
}
