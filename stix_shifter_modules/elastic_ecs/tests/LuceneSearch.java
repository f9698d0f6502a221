// Lucene's own query parser and index behind standard input and output, for the tests of the Lucene family.
//
// Lines, their cells in Base64 and divided by tabs:
//   F name kind           how a field is indexed: text, text_nocase, ip, timestamp, integer, number, boolean
//   D name value …        a document; they are numbered from 0
//   Q query               answered by "OK 0 5 7", the documents found, or by "ERR" and the reason
// Elasticsearch lets a mapping decide what a term of a query means; here getFieldQuery and getRangeQuery do.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.analysis.miscellaneous.PerFieldAnalyzerWrapper;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.InetAddressPoint;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.Term;
import org.apache.lucene.queryparser.classic.ParseException;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.ByteBuffersDirectory;

public class LuceneSearch {
    static final Map<String, String> KINDS = new HashMap<>();
    static final int IGNORE_ABOVE = 1024;

    static String kind(String field) {
        return KINDS.getOrDefault(field, "text");
    }

    static String cell(String text) {
        return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
    }

    static InetAddress address(String text) throws Exception {
        if (!text.matches("[0-9a-fA-F:.]+")) throw new IllegalArgumentException("no address: " + text);
        return InetAddress.getByName(text);
    }

    static long millis(String text) {
        return Instant.parse(text).toEpochMilli();
    }

    static class Parser extends QueryParser {
        Parser(Analyzer analyzer) {
            super("_no_default_field", analyzer);
            setAllowLeadingWildcard(true);
        }

        @Override
        protected Query getFieldQuery(String field, String text, boolean quoted) throws ParseException {
            if (field.equals("_no_default_field")) throw new ParseException("a word without a field: " + text);
            if (!quoted && (text.startsWith("<") || text.startsWith(">"))) {
                throw new ParseException("read as a range: " + text);
            }
            if (field.equals("_exists_")) return new TermQuery(new Term("_field_names", text));
            try {
                switch (kind(field)) {
                    case "ip":
                        if (!text.contains("/")) return InetAddressPoint.newExactQuery(field, address(text));
                        String[] parts = text.split("/");
                        return InetAddressPoint.newPrefixQuery(field, address(parts[0]), Integer.parseInt(parts[1]));
                    case "timestamp": return LongPoint.newExactQuery(field, millis(text));
                    case "integer": return LongPoint.newExactQuery(field, Long.parseLong(text));
                    case "number": return DoublePoint.newExactQuery(field, Double.parseDouble(text));
                    case "text_nocase": return super.getFieldQuery(field, text, true);
                    default: return new TermQuery(new Term(field, text));
                }
            } catch (ParseException error) {
                throw error;
            } catch (Exception error) {
                throw new ParseException(error.toString());
            }
        }

        @Override
        protected Query getFieldQuery(String field, String text, int slop) throws ParseException {
            return getFieldQuery(field, text, true);
        }

        @Override
        protected Query getRangeQuery(String field, String low, String high, boolean lowIn, boolean highIn)
                throws ParseException {
            switch (kind(field)) {
                case "timestamp": {
                    long least = low == null ? Long.MIN_VALUE : millis(low) + (lowIn ? 0 : 1);
                    long most = high == null ? Long.MAX_VALUE : millis(high) - (highIn ? 0 : 1);
                    return LongPoint.newRangeQuery(field, least, most);
                }
                case "integer": {
                    double under = low == null ? 0 : Double.parseDouble(low);
                    double over = high == null ? 0 : Double.parseDouble(high);
                    long least = low == null ? Long.MIN_VALUE
                            : (long) Math.ceil(under) + (!lowIn && under == Math.ceil(under) ? 1 : 0);
                    long most = high == null ? Long.MAX_VALUE
                            : (long) Math.floor(over) - (!highIn && over == Math.floor(over) ? 1 : 0);
                    return LongPoint.newRangeQuery(field, least, most);
                }
                case "number": {
                    double least = low == null ? Double.NEGATIVE_INFINITY : Double.parseDouble(low);
                    double most = high == null ? Double.POSITIVE_INFINITY : Double.parseDouble(high);
                    return DoublePoint.newRangeQuery(field, lowIn ? least : DoublePoint.nextUp(least),
                            highIn ? most : DoublePoint.nextDown(most));
                }
                default: return super.getRangeQuery(field, low, high, lowIn, highIn);
            }
        }

        @Override
        protected Query getFuzzyQuery(String field, String text, float similarity) throws ParseException {
            throw new ParseException("fuzzy");
        }
    }

    static void add(Document document, Set<String> names, String name, String value) {
        boolean fits = true;
        try {
            switch (kind(name)) {
                case "ip": document.add(new InetAddressPoint(name, address(value))); break;
                case "timestamp": document.add(new LongPoint(name, millis(value))); break;
                case "integer": document.add(new LongPoint(name, Long.parseLong(value))); break;
                case "number": document.add(new DoublePoint(name, Double.parseDouble(value))); break;
                case "text_nocase": document.add(new TextField(name, value, Field.Store.NO)); break;
                default:
                    fits = value.length() <= IGNORE_ABOVE;
                    if (fits) document.add(new StringField(name, value, Field.Store.NO));
            }
        } catch (Exception error) {
            fits = false;
        }
        if (fits) names.add(name);
        else document.add(new StringField("_ignored", name, Field.Store.NO));
    }

    public static void main(String[] arguments) throws Exception {
        BooleanQuery.setMaxClauseCount(1024);
        Map<String, Analyzer> analyzers = new HashMap<>();
        Analyzer analyzer = null;
        ByteBuffersDirectory directory = new ByteBuffersDirectory();
        IndexWriter writer = null;
        IndexSearcher searcher = null;
        int documents = 0;
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        StringBuilder answers = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] cells = line.split("\t", -1);
            if (cells[0].equals("F")) {
                KINDS.put(cell(cells[1]), cell(cells[2]));
                if (cell(cells[2]).equals("text_nocase")) analyzers.put(cell(cells[1]), new StandardAnalyzer());
                continue;
            }
            if (writer == null) {
                analyzer = new PerFieldAnalyzerWrapper(new KeywordAnalyzer(), analyzers);
                writer = new IndexWriter(directory, new IndexWriterConfig(analyzer));
            }
            if (cells[0].equals("D")) {
                Document document = new Document();
                Set<String> names = new HashSet<>();
                document.add(new NumericDocValuesField("_number", documents++));
                for (int at = 1; at + 1 < cells.length; at += 2) {
                    add(document, names, cell(cells[at]), cell(cells[at + 1]));
                }
                for (String name : names) document.add(new StringField("_field_names", name, Field.Store.NO));
                writer.addDocument(document);
                continue;
            }
            if (searcher == null) {
                writer.commit();
                searcher = new IndexSearcher(DirectoryReader.open(directory));
            }
            try {
                TreeSet<Long> found = new TreeSet<>();
                searcher.search(new Parser(analyzer).parse(cell(cells[1])), new SimpleCollector() {
                    private NumericDocValues numbers;

                    @Override
                    protected void doSetNextReader(LeafReaderContext context) throws java.io.IOException {
                        numbers = DocValues.getNumeric(context.reader(), "_number");
                    }

                    @Override
                    public void collect(int place) throws java.io.IOException {
                        numbers.advanceExact(place);
                        found.add(numbers.longValue());
                    }

                    @Override
                    public ScoreMode scoreMode() {
                        return ScoreMode.COMPLETE_NO_SCORES;
                    }
                });
                answers.append("OK");
                for (long number : found) answers.append(' ').append(number);
                answers.append('\n');
            } catch (Throwable error) {  // an expression that cannot be compiled is an Error or runtime exception
                String reason = String.valueOf(error.getMessage()).replace('\n', ' ').replace('\r', ' ');
                answers.append("ERR ").append(error.getClass().getSimpleName()).append(": ").append(reason).append('\n');
            }
            System.out.write(answers.toString().getBytes(StandardCharsets.UTF_8));
            System.out.flush();
            answers.setLength(0);
        }
    }
}
