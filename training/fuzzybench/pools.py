"""Hand-written pools shared by the families: names, places, things, and sentence frames with one slot in braces."""

FIRST = ("Anna Ben Clara David Elena Farid Grace Hugo Ines Jakob Karin Leo Maya Noah Olga Pavel Quentin Rosa Samir Tanja Umar Vera Walter Xenia Yusuf Zoe Amara Bjorn Carmen "
         "Dmitri Esther Felix Gita Harald Ivana Jun Kofi Lucia Marek Nadia Oscar Priya Rafael Sofia Tomasz Ursula Victor Wanda Yara Zoltan Aisha Bruno Chloe Diego Emil Fatima "
         "Gustav Hana Igor Julia Kenji Lena Mateo Nina Otto Paula Ravi Sven Thea Viktor Wei Alma Basil Cora Dora Erik Frida George Helen Isak Judith Karl Linda Martin Nora Oliver "
         "Petra Rita Simon Tessa Vince Willa Adam Bella Cyrus Della Edgar Flora Glen Hilda Ian Jenna").split()
LAST = ("Meyer Novak Okafor Silva Tanaka Brown Larsen Kowalski Haddad Rossi Dubois Petrov Nguyen Schmidt Garcia Keller Murphy Andersen Costa Fischer Hughes Ito Jansen Khan Lopez "
        "Marino Nilsson Ortega Patel Quinn Reyes Sato Turner Urban Vargas Weber Yilmaz Zhang Adler Bauer Castro Dolan Ellis Farkas Greco Horvat Ibsen Joshi Kaplan Lindgren Moreau "
        "Nakamura Olsen Popov Ramos Sharma Thompson Ulrich Vasquez Walsh Young Ziegler Abbott Becker Chen Duarte Eriksen Ford Gupta Hansen Iversen Jensen Kim Lang Martel Neumann "
        "Osborne Pereira Rahman Stone Tran Vogel Winter Yamada Zimmer Baker Carter Dawson Foster Graham Harris Mason Porter Reed Sutton Webb").split()
CITIES = ("Lisbon Oslo Vienna Porto Leeds Gdansk Turin Lyon Graz Malmo Dublin Prague Bern Ghent Seville Bristol Krakow Bergen Utrecht Nantes Zagreb Tallinn Riga Cork Basel Bilbao "
          "Hamburg Bologna Aarhus Tampere Boston Denver Austin Toronto Halifax Seattle Tucson Chicago Osaka Nairobi Lagos Accra Mumbai Pune Hanoi Manila Perth Auckland Lima Quito "
          "Bogota Santiago Montevideo Cairo Tunis Izmir Haifa Amman Sofia Bucharest Ostrava Linz Kiel Bremen Trieste Girona Coventry Exeter Dundee Cardiff").split()
COUNTRIES = "Germany France Spain Italy Poland Norway Sweden Denmark Austria Switzerland Portugal Ireland Belgium Canada Japan Brazil India Kenya Ghana Egypt Mexico Chile Peru Greece Finland Hungary".split()
STREETS = ("Mill Lane|Harbour Road|King Street|Station Road|Elm Avenue|Church Street|Park Row|Bridge Street|Oak Drive|Castle Hill|Market Square|Garden Close|Victoria Road|Baker Street|"
           "Quay Side|Maple Avenue|Rose Lane|West Street|Canal Walk|North Parade|Chapel Lane|Queen Street|Lime Grove|High Street|Orchard Way|Ferry Road").split("|")
PRODUCTS = ("desk lamp|kettle|office chair|water bottle|yoga mat|notebook|backpack|phone case|toaster|wool blanket|bike pump|garden hose|coffee grinder|monitor stand|rain jacket|"
            "wall clock|USB cable|picture frame|baking tray|tea set|sun hat|tool box|paint brush|candle|door mat|headphones|keyboard|mouse pad|travel mug|cutting board|salad bowl|"
            "camping stove|sleeping bag|tent|hiking boots|running shoes|scarf|gloves|umbrella|wallet|key ring|plant pot|bird feeder|puzzle|board game|drum kit|guitar strap|"
            "printer|toner cartridge|whiteboard|stapler|paper tray|label roll|extension lead|light bulb|battery pack|ladder|step stool|mop|bucket|vase|mirror|rug|curtain rod").split("|")
FRUIT = ("apples pears plums cherries grapes lemons limes oranges bananas figs melons peaches onions carrots potatoes leeks beans peas spinach kale tomatoes peppers mushrooms garlic "
         "butter milk eggs flour sugar rice pasta bread cheese yoghurt honey salt coffee tea oats nuts olives basil thyme mint").split()
SERVICES = ("auth-api billing search-index mailer payments gateway cart-service user-db cache-01 scheduler report-worker image-resizer notifier inventory ledger session-store "
            "web-frontend import-job metrics-agent backup router checkout catalog webhook-relay order-sync tax-engine geo-lookup feed-builder pdf-render chat-bridge").split()
COMPANIES = ("Northwind Foods|Alder & Sons|Brightline Media|Cedar Logistics|Delta Print|Everton Labs|Falkirk Motors|Greenfield Dairy|Halden Energy|Iris Optics|Juniper Travel|Kestrel Air|"
             "Lumen Books|Marlow Tools|Nimbus Cloud|Orchard Bank|Pinewood Homes|Quartz Dental|Riverside Gym|Solway Fish|Tern Shipping|Umber Paints|Vale Insurance|Willow Care|Yarrow Tea|Zenith Foto").split("|")
DOMAINS = "example.com example.org northwind.example mailbox.test shop.example posteo.test firma.example acme.test uni.example kite.example lumen.test cedar.example.net mail.kestrel.test".split()
COLORS = "red blue green black white grey yellow orange purple brown pink navy silver beige teal olive".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
DEPARTMENTS = "sales finance support legal marketing logistics research payroll security procurement design quality facilities training".split()
ANIMALS = "cat dog horse rabbit parrot goat sheep hamster duck turtle donkey pony goose ferret canary".split()
ADJ = "old new small large broken spare cheap heavy light blue dark clean dusty shiny round square tall narrow quiet plain".split()
JOBS = "nurse teacher plumber baker driver clerk welder farmer lawyer painter editor chef pilot tailor welder librarian gardener cashier analyst engineer".split()

# Sentences without digits, dates, codes or money: distractors that can stand beside anything.
PLAIN = ("Thanks a lot for your help.|Please let me know if anything is unclear.|The weather has been awful here.|I'm on the train, sorry for the typos.|My colleague will take over from there.|"
         "We are still waiting for the signature.|Best regards from the whole team.|The parking lot was full again.|I already told your chat assistant.|No rush, whenever you have a minute.|"
         "The printer is out of paper again.|Hope you had a good weekend.|I can't find the paper copy anymore.|He said it was fine for him.|Call me if you need the details.|"
         "The old one is in the basement.|It smelled a bit odd at first.|Everybody was happy with the food.|I'm not sure who is in charge now.|The door was locked when we arrived.|"
         "My sister wants the same one.|Sorry for the late reply.|The coffee machine works again.|We had to start all over.|It was quieter than last year.|The lift is out of order.|"
         "Please don't reply to this address.|I left the keys at reception.|The driver was very friendly.|Nobody picked up the phone.|The new carpet looks great.|I will bring cake.|"
         "Our neighbours have complained before.|Let's talk about it over lunch.|The manual is only in German.|She prefers e-mail.|Just a quick note from my side.|It works on my phone though.|"
         "The box was slightly damaged.|That's all I know for now.|Can someone confirm this?|The cat knocked over the router.|He's away at the moment.|Please keep it short.").split("|")

DATE_FRAMES = ("The meeting has been moved to {}.|Your parcel was handed over on {}.|Invoice issued {} and sent by post.|She was admitted on {} with a fever.|Contract ends {}, no extension planned.|"
               "We fly out {} from the small airport.|Please deliver the sofa on {}, not before.|Next dentist appointment: {}|The warranty started on {}.|Payment received {}, thank you.|"
               "Rehearsal {} in the old hall.|Inspection of the boiler took place on {}.|He signed the lease on {}.|The file was last opened {}.|Book returned {} by the reader.|"
               "Exam results come out {}.|Guests arrive {} around noon.|Sold on {} to a dealer.|The road will be closed on {}.|I ordered the lamp on {} and still have nothing.|"
               "Vaccination given {}, next one to be planned.|Claim reported on {} by phone.|Hearing set for {} in the main court.|Last day of work: {}|The roof was repaired {}.|"
               "Show opens {} at the gallery.|Subscription renewed on {}.|Water samples taken {} near the bridge.|Their wedding is on {}, bring an umbrella.|Password changed {} by the user.").split("|")
NO_DATE = ("The meeting has been moved, the new day isn't fixed yet.|Your parcel was handed over to the driver.|Invoice sent by post, undated.|We fly out from the small airport, more soon.|"
           "Please deliver the sofa whenever you can.|The warranty card is missing.|Payment received, thank you.|He signed the lease some time ago.|Exam results come out soon.|"
           "The road will be closed for a while.|I ordered the lamp and still have nothing.|Hearing postponed until further notice.|Show opens at the gallery, day to be announced.|"
           "Subscription renewed.|Password changed by the user.|Date of delivery: not known|Their wedding will be in the village church.|Book returned by the reader.").split("|")
TIME_FRAMES = ("The bus leaves at {} from platform B.|Please be there by {}.|Doors open {}, bring your ticket.|Lunch is at {} in the canteen.|I called at {} but nobody answered.|"
               "The night guard saw a light at {}.|Dinner reservation for {}, window table.|Set the alarm for {}.|Backup starts at {} every night.|Her train gets in at {}.|"
               "Kick-off {}, sold out.|Meeting at {} with the architect.|The shop closes at {} on Fridays.|Pill taken at {} with water.|Power went out at {}.|"
               "Pick up the kids at {}.|Webinar begins {} sharp.|Check-in from {}.|Last tram: {}|The lesson was moved to {}.|Sunset today at {}.|Call scheduled for {}, Ben hosts.|"
               "Delivery came at {}, nobody home.|Wake-up call at {} please.|Yoga class {} in the small studio.|The shift started at {}.").split("|")
MONEY_FRAMES = ("The repair came to {}.|I was charged {} twice.|Invoice total {}, due soon.|They offered me {} for the old bike.|Refund of {} has been approved.|Tickets are {} each.|"
                "The deposit is {}.|Monthly rent: {}, heating included.|She paid {} in cash.|The lamp costs {} online.|My phone bill was {} last month.|We donated {} to the shelter.|"
                "Parking there is {} a day.|The fine was {}, a bit harsh.|Please transfer {} to our account.|Total for the dinner was {}.|A new battery would be {}.|The taxi took {} from me.|"
                "He still owes me {}.|Annual fee {}.|Shipping adds {}.|I sold the table for {}.|The course is {} for members.|Voucher worth {} inside.|Budget for the party: {}").split("|")
NO_MONEY = ("The repair was free of charge.|I was charged twice.|Invoice will follow.|They made me an offer for the old bike.|Refund approved.|She paid in cash.|The deposit is on its way.|"
            "Please transfer the rest to our account.|The fine was a bit harsh.|He still owes me something.|Annual fee not known yet.|Prices on request.|The quote isn't ready.|Budget for the party: open").split("|")
CODE_FRAMES = ("My order {} never arrived.|Regarding {}: the colour is wrong.|Please cancel {} for me.|Ref {} - still no answer.|Could you check the status of {}?|{} was delivered to my neighbour.|"
               "I need a copy of the receipt for {}.|Ticket {} can be closed.|See {} for the full story.|As discussed, {} goes to the warehouse.|Customer says {} is incomplete.|"
               "The label reads {} but the box is empty.|Forwarding {} to the night shift.|{} is a duplicate, please merge.|We lost the papers for {}.|Who is working on {}?|"
               "Number {} on the slip, hope that helps.|The scanner rejected {} again.|Attached photos belong to {}.|Blocked by {} since this morning.|It says {} on the sticker.|"
               "Follow-up to {}, same problem.|Can {} be shipped today?|{} - customer very upset.|Returned parcel, note says {}.|Please link this to {}.").split("|")
NO_CODE = ("My order never arrived.|The colour is wrong and nobody answers.|Please cancel it for me.|Still no answer from your side.|Could you check the status?|I need a copy of the receipt.|"
           "The ticket can be closed.|The label is unreadable and the box is empty.|We lost the papers.|The scanner rejected it again.|Photos attached.|I don't have the number at hand.|"
           "Returned parcel without any note.|Can it be shipped today?|I threw the slip away.|Customer very upset, no reference given.").split("|")
MAIL_FRAMES = ("You can reach me at {}.|Send the slides to {} please.|My new address is {}, the old one is dead.|Contact: {}|Write to {} and ask for the form.|I signed up with {} last week.|"
               "Forward it to {} as well.|{} bounced, any other address?|The invoice should go to {}.|Reply-To: {}|Login is {}, password unknown.|Newsletter for {} please.|"
               "Ask {} about the keys.|cc {} on everything.|Account {} is locked.|Questions? {}|Please remove {} from the list.|Sent from {} this morning.|Invite {} to the channel.|"
               "The receipt was mailed to {}.|Owner of the folder: {}|He uses {} for work.").split("|")
NO_MAIL = ("You can reach me by phone only.|Send the slides by post please.|My mail address has changed, I'll tell you later.|Contact: front desk|Write us a letter.|I signed up in the shop.|"
           "Forward it to Anna as well.|Login unknown.|Ask the caretaker about the keys.|Account is locked.|Questions? Come to the office.|Please remove me from the list.|He has no e-mail.").split("|")
PHONE_FRAMES = ("Call me on {}.|My number is {}, after work.|Tel. {}|Please ring {} before you come.|Reach the caretaker under {}.|Phone: {} (office)|SMS to {} is fine.|Missed call from {}.|"
                "New mobile {} since yesterday.|Emergency contact: {}|Ask for Rosa at {}.|The hotel's number is {}.|WhatsApp {} works best.|Hotline {} is always busy.|If late, dial {}.|"
                "My husband's phone is {}.|Text {} for the door code.|Fax is dead, call {} instead.|Driver can be reached on {}.|You'll find me under {}.").split("|")
NAME_FRAMES = ("Please talk to {} about the keys.|{} signed the form.|The parcel is for {}.|Appointment for {} confirmed.|I spoke with {} at the desk.|{} will chair the meeting.|"
               "Send the offer to {}.|The room was booked by {}.|{} called about the invoice.|Contact person: {}|New member: {}|Our guest {} arrives late.|Complaint filed by {}.|"
               "Thanks to {} for the photos.|{} lost a blue scarf.|Seat reserved for {}.|The winner is {}.|Handed over to {}.|Interview with {} went well.|{} asks for a refund.").split("|")
NUM_FRAMES = ("We sold {} tickets.|There were {} people in the hall.|About {} chairs are missing.|The farm has {} sheep.|She read {} pages.|I counted {} boxes in the van.|{} letters came back.|"
              "The album has {} photos.|They planted {} trees.|He walked {} steps.|{} of the lamps are broken.|Stock: {} pieces|The hotel offers {} rooms.|We need {} more cups.|"
              "{} students passed.|The club counts {} members.|The bakery made {} rolls.|{} cars were parked outside.|We printed {} copies.|The list holds {} names.").split("|")
URL_FRAMES = ("See {} for the details.|The broken link is {}|I found it at {} yesterday.|Docs: {}|Please open {} and log in.|{} gives me an error page.|Source: {}|Bookmark {} for later.|"
              "Our new page {} is online.|He sent me {} by mistake.|Is {} safe to open?|The form is under {}|Reported by a user: {}|Ad landing page {} loads slowly.|Redirect {} please.|"
              "Reading {} right now.|Copied from {}|Tracking page: {}").split("|")
ISSUE_BITS = ("login fails after reset|page stays blank|export button missing|payment declined|mail arrives late|search finds nothing|wrong total on invoice|app crashes on start|"
              "upload stuck at the end|photos appear twice|session expires too soon|timezone is off|filter ignores umlauts|printer not found|report has no header|sync never finishes|"
              "map shows wrong city|dark mode unreadable|slow after update|cannot change password").split("|")
SENTENCES = ("The parcel arrived on Tuesday morning.|Nobody told me about the new rules.|The soup was cold and the waiter rude.|Our train stood still for an hour.|I really like the new layout.|"
             "She painted the fence green.|The museum is closed for repairs.|My neighbour feeds our cat.|The battery lasts two days.|We missed the last ferry.|The bread tastes better warm.|"
             "He forgot his umbrella at work.|The garden needs water badly.|This chair wobbles a little.|The concert was sold out.|They moved to a bigger flat.|The app asks for my birthday.|"
             "Rain ruined the picnic.|The lights went out at dinner.|Her answer surprised everyone.|The road to the lake is steep.|The invoice lists the wrong address.|A fox crossed the street.|"
             "The choir sings every Sunday.|Our router blinks red.|The lock on the shed is rusty.|I ordered two but got one.|The kids built a snowman.|The pool opens in May.|His suitcase had no wheels.|"
             "The teacher praised the whole class.|Someone parked on the pavement.|The printer jams with thick paper.|Tickets can be picked up downstairs.|The view from the tower is great.").split("|")
QUESTIONS = ("When does the pool open?|Can I change my seat?|Where is the nearest pharmacy?|Who has the key to the shed?|Is breakfast included?|How do I reset the router?|Why was I charged twice?|"
             "Do you ship to Norway?|May I bring my dog?|Which bus goes to the museum?|Has the invoice been paid?|What size should I order?|Could you call me back?|Are there any tickets left?|"
             "Will the road be open tomorrow?|Did anybody find a blue scarf?|Does the lamp come with a bulb?|How long is the warranty?").split("|")
TASKS = ("water the plants|call the landlord|buy stamps|fix the gate|send the invoice|book the hall|clean the filter|renew the passport|pay the gas bill|order new labels|return the drill|"
         "sort the photos|check the tyres|print the flyers|empty the shed|update the price list|back up the laptop|feed the fish|collect the keys|write the minutes|test the alarm|paint the fence").split("|")


def person(r):
    return f"{r.choice(FIRST)} {r.choice(LAST)}"


def email(r, name=None):
    f, l = (name or person(r)).lower().split(" ", 1)
    l = l.replace(" ", "")
    return r.choice([f"{f}.{l}", f"{f[0]}{l}", f"{f}_{l}", f"{f}{r.randint(2, 99)}", f"{l}.{f}", f"{f}-{l}"]) + "@" + r.choice(DOMAINS)


def around(r, text, p=.5, pool=None):
    """The text with, sometimes, a plain sentence before or after it."""
    pool = pool or PLAIN
    k = r.random()
    if k < p * .5:
        return f"{text} {r.choice(pool)}" if text[-1] in ".?!" else f"{text}. {r.choice(pool)}" if text[-1] not in "},;" else text
    if k < p:
        return f"{r.choice(pool)} {text}"
    return text


def fill(r, frames, value):
    return r.choice(frames).replace("{}", str(value))


def sku(r):
    return "".join(r.choice("ABCDEFGHKLMNPRSTUVWXZ") for _ in range(r.choice([2, 3]))) + "-" + str(r.randint(100, 9999))
